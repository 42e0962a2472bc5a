// SPDX-License-Identifier: GPL-2.0-only
/*
 * known - the texts of known.txt and findings.txt, as part of the executable.
 */
#include "explore.h"

/* clang-format off */
__asm__(".pushsection .rodata\n"
	".globl known_sequences\n"
	"known_sequences:\n"
	".incbin \"explore/known.txt\"\n"
	".byte 0\n"
	".globl known_findings\n"
	"known_findings:\n"
	".incbin \"explore/findings.txt\"\n"
	".byte 0\n"
	".popsection\n");
