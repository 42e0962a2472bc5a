# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Time in milliseconds, because bash counts in whole numbers.

# Sets $now: a $(...) would fork a process for every line of the suite.
now()
{
	now=$(( ${EPOCHREALTIME/[.,]/} / 1000 ))
}

seconds()
{
	printf '%d.%d s' "$(($1 / 1000))" "$(($1 % 1000 / 100))"
}
