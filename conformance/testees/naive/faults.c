/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* faults.c: the ways to go wrong, and the cases that have to tell each. */
#include "naive.h"

const struct fault_row fault_table[FAULTS] = {
	[NONE] = {"none", "nothing", "", NULL, false},
	[STRUCT_CAST] =
		{"struct-cast", "copies out the newest struct without asking how much came",
		 "linux.device_info.size/* linux.iommu_info.size/* linux.region_info.size/*",
		 "overread", false},
	[UNBOUNDED_WALK] = {"unbounded-walk", "follows links without counting or looking back",
			    "linux.device_cap.cycle/* linux.region_cap.cycle/* "
			    "linux.iommu_cap.cycle/* script/*/caps.cycle.*",
			    "cycle", false},
	[FIRST_OFFSET_ONLY] = {"first-offset-only", "checks cap_offset and no link behind it",
			       "linux.device_cap.fits/*/next-* linux.region_cap.fits/*/next-* "
			       "linux.iommu_cap.fits/*/next-*",
			       "cut-chain", false},
	[FLOOR_UNCHECKED] = {"floor-unchecked", "takes a link into the struct itself",
			     "linux.device_cap.floor/* linux.region_cap.floor/* "
			     "linux.iommu_cap.floor/*",
			     "cap-offset", false},
	[HEAD_UNCHECKED] =
		{"head-unchecked", "takes a link for good that leads to the last byte",
		 "linux.device_cap.fits/* linux.region_cap.fits/* linux.iommu_cap.fits/*",
		 "overread", false},
	[OFF_BY_ONE] = {"off-by-one", "takes one byte more than there is for still inside",
			"linux.device_cap.fits/* linux.region_cap.fits/* linux.iommu_cap.fits/*",
			"off-by-one", false},
	[WRAP32] = {"wrap32", "adds and multiplies in 32 bits",
		    "linux.region_cap.fits/* linux.sparse_mmap.areas.counts/* "
		    "linux.iova_range.iovas.counts/* linux.hot_reset_info.devices.counts/* "
		    "model.area.inside/linux.*",
		    "wrap32", false},
	[WRAP64] = {"wrap64", "adds in 64 bits and compares the sum", "model.area.inside/linux.*",
		    "wrap64", false},
	[COUNT_UNCHECKED] = {"count-unchecked", "takes a count as it comes",
			     "linux.sparse_mmap.areas.counts/* linux.iova_range.iovas.counts/* "
			     "linux.zpci_util.util_str.length/*",
			     "count", false},
	[BODY_UNCHECKED] = {"body-unchecked", "reads the body of a capability whose head just fits",
			    "linux.type.size/* linux.sparse_mmap.size/* linux.migration.size/* "
			    "linux.zpci_base.size/*",
			    "overread", false},
	[AREA_UNCHECKED] = {"area-unchecked", "maps an area without comparing it with its region",
			    "model.area.inside/linux.*", "fail-open", false},
	[END_UNCHECKED] = {"end-unchecked", "takes a region that ends where no file offset goes",
			   "model.region.end/linux.*", NULL, true},
	[CAPS_FLAG_IGNORED] = {"caps-flag-ignored",
			       "follows cap_offset where it is not 0, flag or not",
			       "linux/region_info.nochain.* linux/device_info.nochain.*",
			       "caps-flag", false},
	[VERSION_IGNORED] = {"version-ignored", "takes the newest layout for every version",
			     "linux/device_info.zpci_base.v1.* linux/region_info.newer.*",
			     "version", false},
	[NEWER_VERSION_REFUSED] = {"newer-version-refused",
				   "refuses a version that it does not know",
				   "linux/region_info.newer.* linux.type.size/good/*", "version",
				   false},
	[VERSION_0_TAKEN] = {"version-0-taken", "takes version 0 for version 1",
			     "linux.region_cap.version/* linux.device_cap.version/*", "version",
			     true},
	[ARGSZ_IS_LENGTH] = {"argsz-is-length", "takes argsz for the length of what came",
			     "captured/linux.iommu_info/0.16.* captured/linux.region_info/9.32.*",
			     "argsz-length", false},
	[ARGSZ_IGNORED] = {"argsz-ignored", "never looks at argsz",
			   "linux.region_info.argsz.min/* captured/linux.region_info/9.32.*",
			   "argsz-length", false},
	[INDEX_UNCHECKED] = {"index-unchecked", "takes the reply about another index",
			     "linux.region_info.index/* linux.irq_info.index/*", "index-shift",
			     true},
	[UNKNOWN_ID_REFUSED] = {"unknown-id-refused", "refuses a capability that it does not know",
				"linux/region_info.all.* linux/device_info.all.*", "unknown-id",
				false},
	[UNKNOWN_ID_ENDS] = {"unknown-id-ends", "stops at a capability that it does not know",
			     "linux.region_cap.cycle/*", "first-only", false},
	[UNREADABLE_IS_EMPTY] = {"unreadable-is-empty",
				 "takes a list that it cannot read for no list",
				 "linux.region_cap.fits/* linux.sparse_mmap.areas.counts/* "
				 "model.area.inside/linux.*",
				 "fail-open", false},
	[EMPTY_CHAIN_TAKEN] = {"empty-chain-taken", "takes CAPS with cap_offset 0 for no list",
			       "linux.region_cap.first/* linux.device_cap.first/* "
			       "linux.iommu_cap.first/*",
			       "fail-open", true},
	[PARTIAL_KEPT] = {"partial-kept", "stops at what it cannot read and keeps what it has",
			  "linux.region_cap.fits/*/next-* linux.type.size/*", "fail-open", false},
	[LOW_LINK_ENDS] = {"low-link-ends", "takes a link into the struct for the end of the list",
			   "linux.device_cap.floor/*/next-* linux.region_cap.floor/*/next-*",
			   "cap-offset", false},
	[CAP_OFFSET_ASSUMED] =
		{"cap-offset-assumed", "reads cap_offset of a struct that ends before",
		 "linux.device_info.cap_offset.size/* linux.iommu_info.cap_offset.size/*",
		 "cap-offset", false},
	[SIGNED_COUNT] = {"signed-count",
			  "takes a number of regions for signed, and less than 0 for none",
			  "boundary/linux.device_info.num_regions/*", NULL, false},
	[NUMBER_NARROWED] = {"number-narrowed", "keeps 32 bits of a number that has 64",
			     "linux/region_info.rich.*", NULL, false},
	[AREAS_IGNORED] = {"areas-ignored", "does not read the list of areas and maps all",
			   "linux/region_info.sparse_mmap.* model.area.inside/linux.*", "fail-open",
			   false},
	[FIRST_AREA_ONLY] = {"first-area-only", "reads the first area of the list and no other",
			     "linux/region_info.sparse_mmap.*", "first-only", false},
	[NO_AREA_IS_ALL] = {"no-area-is-all", "takes an empty list of areas for no list",
			    "linux.sparse_mmap.areas.counts/good/*", NULL, false},
	[DUPLICATE_LAST_WINS] = {"duplicate-last-wins",
				 "lets a second capability replace the first",
				 "linux.region_cap.twice/* linux.device_cap.twice/*", "duplicate",
				 true},
	[FIRST_CAP_ASSUMED] =
		{"first-cap-assumed", "looks for the first capability behind the struct",
		 "linux.region_cap.fits/* linux.device_cap.fits/* linux.device_cap.floor/*",
		 "cap-offset", false},
	[ALIGNMENT_DEMANDED] = {"alignment-demanded",
				"refuses a capability that is not aligned to 8",
				"linux.device_cap.floor/good/* linux.iommu_cap.overlap/good/*",
				NULL, false},
	[BYTE_ORDER_IGNORED] = {"byte-order-ignored", "reads every number in its own order",
				"linux/region_info.*.big fixed/*.big", "byte-order", false},
	[UNKNOWN_FLAG_REFUSED] = {"unknown-flag-refused", "refuses a flag that it does not know",
				  "linux/region_info.flags.* linux/device_info.flags.* "
				  "linux/irq_info.flags.* linux/hot_reset_info.flags.*",
				  "reserved", false},
	[RESERVED_REFUSED] = {"reserved-refused", "refuses a reserved field that is not 0",
			      "linux/region_info.sparse_mmap.*", "reserved", false},
	[PGSIZES_ALWAYS] = {"pgsizes-always", "takes iova_pgsizes without its flag",
			    "linux/iommu_info.0.*", NULL, false},
	[OWNED_UNCHECKED] = {"owned-unchecked", "takes groups for devids that it owns",
			     "model.hot_reset.owned/*", NULL, true},
	[RESET_COUNT_TRUSTED] = {"reset-count-trusted", "reads as many functions as are announced",
				 "linux.hot_reset_info.devices.counts/*", "count", false},
	[ENOSPC_IS_FAILURE] = {"enospc-is-failure",
			       "gives up where the list of a hot reset is longer",
			       "script/linux.hot_reset_info/grows.enospc.*", "count", false},
	[RETRY_UNBOUNDED] = {"retry-unbounded", "asks again for as long as argsz grows",
			     "script/linux.region_info/argsz.for-ever.* "
			     "script/linux.hot_reset_info/count.grows.*",
			     "cycle", false},
	[RETRY_ON_ANY_SIZE] =
		{"retry-on-any-size", "asks again wherever argsz is another",
		 "script/linux.region_info/argsz.zero.* script/linux.region_info/argsz.short.*",
		 "argsz-length", false},
	[SINGLE_CALL] = {"single-call", "never asks again", "script/linux.region_info/grows.*",
			 "truncation", false},
	[INDEX_SHIFT] = {"index-shift", "keeps only regions that can be read, and counts them",
			 "fixed/resources.many.*", NULL, false},
	[ERROR_IS_EMPTY] = {"error-is-empty", "takes what could not be read for not implemented",
			    "fixed/resources.many.*", NULL, false},
};

static enum fault chosen = NONE;

void fault_choose(enum fault fault)
{
	chosen = fault;
}

bool fault_is(enum fault fault)
{
	return chosen == fault;
}
