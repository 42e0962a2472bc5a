/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * causes - the failures of a run by their cause: a missing fix, or the same message.
 */
#ifndef TASK_EXIT_CAUSES_H
#define TASK_EXIT_CAUSES_H

#include "ktap.h"

/*
 * Prints each cause once, with its failures below; nothing if there is no failure.
 * 0, or -ENOMEM with a message on stderr.
 */
int causes_print(const struct ktap *ktap);

#endif /* TASK_EXIT_CAUSES_H */
