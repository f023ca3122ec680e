# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# rules.mk: the programs that tell what a corpus reaches, and the campaign; part of fuzz/rules.mk.

# A variant that says what a target judges.
FUZZ_CC_spy = $(CC)
FUZZ_CFLAGS_spy = $(CFLAGS)
FUZZ_LINK_spy = $(CC) -Wl,--wrap=devfd_open,--wrap=devfd_open_as,--wrap=devfd_reply,--wrap=devfd_ask
FUZZ_DRIVER_spy = fuzz/targets/replay.c fuzz/campaign/spy.c
$(eval $(call FUZZ_RULES,spy))
$(foreach f,$(FUZZ_FORMATS),$(eval $(call FUZZ_FORMAT_RULES,spy,$(f))))

$(FUZZ)/reach: $(BUILD)/obj/fuzz/campaign/reach.o $(BUILD)/libdevfd.a
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $^

$(FUZZ)/empty: $(FUZZ)/seen/obj/fuzz/targets/empty.o
	$(FUZZ_ENGINE) -o $@ $^

# TARGET: names with commas, or all. ENGINE: libfuzzer or afl.
# A run goes on where the last one stopped.
ENGINE ?= libfuzzer
SECONDS ?= 60
JOBS ?= 1
.PHONY: fuzz
fuzz:
	@fuzz/run campaign --target '$(or $(TARGET),all)' --engine $(ENGINE) --seconds $(SECONDS) \
		--jobs $(JOBS)
