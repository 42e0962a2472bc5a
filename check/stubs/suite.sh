# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Install trees of stub programs, with the kernel tree's own runner in them.

# stub_suite DIR PROGRAM...
stub_suite()
{
	local dir=$1 tree program
	shift

	tree=${KDIR:-$("$root/vm/fetch" tree)} || return
	mkdir -p "$dir/kselftest" "$dir/stub"
	cp "$tree/tools/testing/selftests/run_kselftest.sh" "$dir/"
	cp "$tree/tools/testing/selftests/kselftest/"{runner,ktap_helpers}.sh "$dir/kselftest/"
	: > "$dir/kselftest-list.txt"
	for program; do
		cp "$root/check/stubs/$program" "$dir/stub/$program"
		echo "stub:$program" >> "$dir/kselftest-list.txt"
	done
}
