/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/* faults.c: the ways to go wrong, and the cases that have to tell each. */
#include "naive.h"

const struct fault_row fault_table[FAULTS] = {
	[NONE] = {"none", "nothing", "", false},
	[STRUCT_CAST] =
		{"struct-cast", "copies out the newest struct without asking how much came",
		 "linux.device_info.size/* linux.iommu_info.size/* linux.region_info.size/*",
		 false},
	[UNBOUNDED_WALK] = {"unbounded-walk", "follows links without counting or looking back",
			    "linux.device_cap.cycle/* linux.region_cap.cycle/* "
			    "linux.iommu_cap.cycle/* script/*/caps.cycle.*",
			    false},
	[FIRST_OFFSET_ONLY] = {"first-offset-only", "checks cap_offset and no link behind it",
			       "linux.device_cap.fits/*/next-* linux.region_cap.fits/*/next-* "
			       "linux.iommu_cap.fits/*/next-*",
			       false},
	[FLOOR_UNCHECKED] = {"floor-unchecked", "takes a link into the struct itself",
			     "linux.device_cap.floor/* linux.region_cap.floor/* "
			     "linux.iommu_cap.floor/*",
			     false},
	[OFF_BY_ONE] = {"off-by-one", "takes one byte more than there is for still inside",
			"linux.device_cap.fits/* linux.region_cap.fits/* linux.iommu_cap.fits/*",
			false},
	[WRAP32] = {"wrap32", "adds and multiplies in 32 bits",
		    "linux.region_cap.fits/* linux.sparse_mmap.areas.counts/* "
		    "linux.iova_range.iovas.counts/* linux.hot_reset_info.devices.counts/* "
		    "model.area.inside/linux.*",
		    false},
	[WRAP64] = {"wrap64", "adds in 64 bits and compares the sum",
		    "model.area.inside/linux.* model.region.end/linux.*", false},
	[COUNT_UNCHECKED] = {"count-unchecked", "takes a count as it comes",
			     "linux.sparse_mmap.areas.counts/* linux.iova_range.iovas.counts/* "
			     "linux.zpci_util.util_str.length/*",
			     false},
	[BODY_UNCHECKED] = {"body-unchecked", "reads the body of a capability whose head just fits",
			    "linux.type.size/* linux.sparse_mmap.size/* linux.migration.size/* "
			    "linux.zpci_base.size/*",
			    false},
	[AREA_UNCHECKED] = {"area-unchecked", "maps an area without comparing it with its region",
			    "model.area.inside/linux.*", false},
	[CAPS_FLAG_IGNORED] = {"caps-flag-ignored",
			       "follows cap_offset where it is not 0, flag or not",
			       "linux/region_info.nochain.* linux/device_info.nochain.* "
			       "linux.region_cap.first/*",
			       false},
	[VERSION_IGNORED] = {"version-ignored", "takes the newest layout for every version",
			     "linux/device_info.zpci_base.v1.* linux/region_info.newer.*", false},
	[NEWER_VERSION_REFUSED] = {"newer-version-refused",
				   "refuses a version that it does not know",
				   "linux/region_info.newer.* linux.type.size/good/*", false},
	[VERSION_0_TAKEN] = {"version-0-taken", "takes version 0 for version 1",
			     "linux.region_cap.version/* linux.device_cap.version/*", true},
	[ARGSZ_IS_LENGTH] = {"argsz-is-length", "takes argsz for the length of what came",
			     "linux.device_info.argsz.more/* linux.region_info.argsz.more/*",
			     false},
	[ARGSZ_IGNORED] = {"argsz-ignored", "never looks at argsz",
			   "linux.region_info.argsz.min/* linux.region_info.argsz.more/*", false},
	[INDEX_UNCHECKED] = {"index-unchecked", "takes the reply about another index",
			     "linux.region_info.index/* linux.irq_info.index/*", false},
	[UNKNOWN_ID_REFUSED] = {"unknown-id-refused", "refuses a capability that it does not know",
				"linux/region_info.all.* linux/device_info.all.*", false},
	[UNKNOWN_ID_ENDS] = {"unknown-id-ends", "stops at a capability that it does not know",
			     "linux.region_cap.cycle/*", false},
	[UNREADABLE_IS_EMPTY] = {"unreadable-is-empty",
				 "takes a list that it cannot read for no list",
				 "linux.region_cap.fits/* linux.sparse_mmap.areas.counts/* "
				 "model.area.inside/linux.*",
				 false},
	[EMPTY_CHAIN_TAKEN] = {"empty-chain-taken", "takes CAPS with cap_offset 0 for no list",
			       "linux.region_cap.first/* linux.device_cap.first/* "
			       "linux.iommu_cap.first/*",
			       false},
	[PARTIAL_KEPT] = {"partial-kept", "stops at what it cannot read and keeps what it has",
			  "linux.region_cap.fits/*/next-* linux.type.size/*", false},
	[LOW_LINK_ENDS] = {"low-link-ends", "takes a link into the struct for the end of the list",
			   "linux.device_cap.floor/*/next-* linux.region_cap.floor/*/next-*",
			   false},
	[CAP_OFFSET_ASSUMED] =
		{"cap-offset-assumed", "reads cap_offset of a struct that ends before",
		 "linux.device_info.cap_offset.size/* linux.iommu_info.cap_offset.size/*", false},
	[SIGNED_COUNT] = {"signed-count",
			  "takes a number of regions for signed, and less than 0 for none",
			  "boundary/linux.device_info.num_regions/*", false},
	[NUMBER_NARROWED] = {"number-narrowed", "keeps 32 bits of a number that has 64",
			     "model.region.end/linux.* linux/region_info.rich.*", false},
	[AREAS_IGNORED] = {"areas-ignored", "does not read the list of areas and maps all",
			   "linux/region_info.sparse_mmap.* model.area.inside/linux.*", false},
	[FIRST_AREA_ONLY] = {"first-area-only", "reads the first area of the list and no other",
			     "linux/region_info.sparse_mmap.*", false},
	[DUPLICATE_LAST_WINS] = {"duplicate-last-wins",
				 "lets a second capability replace the first",
				 "linux.region_cap.twice/* linux.device_cap.twice/*", true},
	[FIRST_CAP_ASSUMED] =
		{"first-cap-assumed", "looks for the first capability behind the struct",
		 "linux.region_cap.fits/* linux.device_cap.fits/* linux.device_cap.floor/*", false},
	[ALIGNMENT_DEMANDED] = {"alignment-demanded",
				"refuses a capability that is not aligned to 8",
				"linux.device_cap.floor/good/* linux.iommu_cap.overlap/good/*",
				false},
	[BYTE_ORDER_IGNORED] = {"byte-order-ignored", "reads every number in its own order",
				"linux/region_info.*.big fixed/*.big", false},
	[UNKNOWN_FLAG_REFUSED] = {"unknown-flag-refused", "refuses a flag that it does not know",
				  "linux/region_info.flags.* linux/device_info.flags.* "
				  "linux/irq_info.flags.* linux/hot_reset_info.flags.*",
				  false},
	[RESERVED_REFUSED] = {"reserved-refused", "refuses a reserved field that is not 0",
			      "linux/region_info.sparse_mmap.*", false},
	[RESET_COUNT_TRUSTED] = {"reset-count-trusted", "reads as many functions as are announced",
				 "linux.hot_reset_info.devices.counts/*", false},
	[ENOSPC_IS_FAILURE] = {"enospc-is-failure",
			       "gives up where the list of a hot reset is longer",
			       "script/linux.hot_reset_info/grows.enospc.*", false},
	[RETRY_UNBOUNDED] = {"retry-unbounded", "asks again for as long as argsz grows",
			     "script/linux.region_info/argsz.for-ever.* "
			     "script/linux.hot_reset_info/count.grows.*",
			     false},
	[RETRY_ON_ANY_SIZE] =
		{"retry-on-any-size", "asks again wherever argsz is another",
		 "script/linux.region_info/argsz.zero.* script/linux.region_info/argsz.short.*",
		 false},
	[SINGLE_CALL] = {"single-call", "never asks again", "script/linux.region_info/grows.*",
			 false},
	[INDEX_SHIFT] = {"index-shift", "keeps only regions that can be read, and counts them",
			 "fixed/resources.many.*", false},
	[ERROR_IS_EMPTY] = {"error-is-empty", "takes what could not be read for not implemented",
			    "fixed/resources.many.*", false},
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
