// SPDX-License-Identifier: GPL-2.0-only
/*
 * known - the text of known.txt, as part of the executable.
 */
#include "explore.h"

/* clang-format off */
__asm__(".pushsection .rodata\n"
	".globl known_sequences\n"
	"known_sequences:\n"
	".incbin \"explore/known.txt\"\n"
	".byte 0\n"
	".popsection\n");
