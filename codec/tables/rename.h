/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * rename.h: lets the loops be compiled a second time, with the table engine in place of the leaves,
 * beside the first. Every global function of records.c, slots.c, chain.c, items.c and open.c has a
 * line here.
 */
#ifndef DEVFD_RENAME_H
#define DEVFD_RENAME_H

#define DEVFD_TABLES

/* records.c */
#define devfd_record_row  devfd_tables_record_row
#define devfd_children    devfd_tables_children
#define devfd_tlv_next    devfd_tables_tlv_next
#define devfd_tlv_open    devfd_tables_tlv_open
#define devfd_kept_record devfd_tables_kept_record

/* slots.c */
#define devfd_slots_next devfd_tables_slots_next
#define devfd_slots_get  devfd_tables_slots_get
#define devfd_slots_open devfd_tables_slots_open

/* chain.c */
#define devfd_options_big devfd_tables_options_big
#define devfd_reply       devfd_tables_reply
#define devfd_ask         devfd_tables_ask
#define devfd_kept_cap    devfd_tables_kept_cap

/* items.c */
#define devfd_item_init   devfd_tables_item_init
#define devfd_item_finish devfd_tables_item_finish
#define devfd_get_area    devfd_tables_get_area
#define devfd_get_kept    devfd_tables_get_kept
#define devfd_errno       devfd_tables_errno

/* open.c */
#define devfd_magic_layout devfd_tables_magic_layout
#define devfd_open         devfd_tables_open
#define devfd_open_as      devfd_tables_open_as
#define devfd_next         devfd_tables_next
#define devfd_rewind       devfd_tables_rewind
#define devfd_get_region   devfd_tables_get_region
#define devfd_get_irq      devfd_tables_get_irq

#endif
