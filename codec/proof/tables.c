// SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
/* tables.c: the generated tables are as the contracts of the loops take them to be. */
#include "../generated/linux.c"
#include "../generated/tlv.c"
#include "../generated/array.c"
#include "../generated/fixed.c"
#include "bodies.h"

/*@ terminates \true;
  @ assigns \nothing;
  @ ensures DEVFD_CALL_ROW((&devfd_calls[0]));
  @ ensures DEVFD_CALL_ROW((&devfd_calls[1]));
  @ ensures DEVFD_CALL_ROW((&devfd_calls[2]));
  @ ensures DEVFD_CALL_ROW((&devfd_calls[3]));
  @ ensures DEVFD_CALL_ROW((&devfd_calls[4]));
  @ ensures devfd_calls_count == 5;
  @ ensures DEVFD_CALLS;
  @*/
void devfd_calls_are_ok(void)
{
}

/*@ terminates \true;
  @ assigns \nothing;
  @ ensures DEVFD_TLV_HEADER;
  @ ensures DEVFD_RECORDS;
  @*/
void devfd_records_are_ok(void)
{
}

/*@ terminates \true;
  @ assigns \nothing;
  @ ensures DEVFD_LAYOUT_ROWS;
  @*/
void devfd_layouts_are_ok(void)
{
}
