# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
# Makes install trees of fake programs, with the runner of the kernel tree.

# fake_suite DIR PROGRAM...
fake_suite()
{
	local dir=$1 tree program
	shift

	tree=${KDIR:-$("$root/vm/fetch" tree)} || return
	mkdir -p "$dir/kselftest" "$dir/fake"
	cp "$tree/tools/testing/selftests/run_kselftest.sh" "$dir/"
	cp "$tree/tools/testing/selftests/kselftest/"{runner,ktap_helpers}.sh "$dir/kselftest/"
	: > "$dir/kselftest-list.txt"
	for program; do
		cp "$root/check/fake/$program" "$dir/fake/$program"
		echo "fake:$program" >> "$dir/kselftest-list.txt"
	done
}
