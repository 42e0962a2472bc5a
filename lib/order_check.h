/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * order_check - check the order of the running test's events.
 */
#ifndef TASK_EXIT_ORDER_CHECK_H
#define TASK_EXIT_ORDER_CHECK_H

#include "fixes.h"
#include "order.h"

/*
 * Checks the order of the events in the log. Each violation of a rule in @rules
 * (a set of ORDER_RULE()) is a test_fail(), except for one unnamed dead task per
 * unload that got no exit_task.
 */
void test_check_order(unsigned int rules, enum fix_id fix);

#endif /* TASK_EXIT_ORDER_CHECK_H */
