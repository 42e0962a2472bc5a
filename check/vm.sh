#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks vm/run with fake suites: exit statuses, failures before and during the suite, output,
# and cleanup. Each boot serves as many checks as possible, because boots take the time.

# shellcheck source-path=SCRIPTDIR disable=SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/fake/report.sh"
. "$root/check/fake/suite.sh"

child=
mounted=
clean_up()
{
	[ -z "$child" ] || kill "$child" 2>/dev/null
	[ -z "$mounted" ] || umount "$tmp/small"
	rm -rf "$tmp"
}
make_tmp
vm=$root/vm/run
reader=$("$root/report/build") || exit

leaves_nothing()
{
	empty_dir "$TMPDIR" && is "$(qemus)" ""
}

# Prints the pids of all QEMUs that this check has started.
qemus()
{
	pgrep -f "qemu-system.*$TMPDIR"
}

no_qemu()
{
	[ -z "$(qemus)" ]
}

# --- No boot needed ---------------------------------------------------------

check_usage()
{
	local kernel=$tmp/kernel image

	run "$vm" --help
	check "help fits a screen" test "$(wc -l < "$tmp/out")" -le 28
	run "$vm"
	check "no install directory" refused "install directory"
	run "$vm" "$tmp/nowhere"
	check "install directory that does not exist" refused "does not exist"
	run "$vm" "$tmp"
	check "directory that is not an install tree" refused "no run_kselftest.sh"
	run "$vm" --frobnicate "$tmp/all"
	check "unknown option" refused "unknown option --frobnicate"
	run "$vm" --cpus none "$tmp/all"
	check "invalid number" refused "takes a number"
	run "$vm" --mem 95 "$tmp/all"
	check "--mem that is too small" refused "--mem "
	run "$vm" --jobs 0 "$tmp/all"
	check "bad --jobs" refused "--jobs takes a number from 1 to 99, not '0'"
	run "$vm" --env 2=x "$tmp/all"
	check "bad --env" refused "takes NAME=VALUE"
	run "$vm" --setup "$tmp/nowhere" "$tmp/all"
	check "missing --setup file" refused "no such file"
	run "$vm" --log /proc/nowhere "$tmp/all"
	check "--log that cannot be written" refused "cannot write"
	run "$vm" --tests "pass nope" "$tmp/all"
	check "unknown test: lists the known tests" \
		refused "no test nope; known: pass silent skip fail guest"
	run "$vm" --tests "pass.one" "$tmp/all"
	check "a test of a program that cannot select tests" \
		refused "cannot select pass.one: pass has no option for that"
	fake_suite "$tmp/none"
	run "$vm" "$tmp/none"
	check "empty suite" refused "missing or empty"

	run "$vm" --kernel "$kernel" "$tmp/all"
	check "kernel that does not exist" refused "does not exist"
	run "$vm" --kernel "$tmp" "$tmp/all"
	check "kernel that is a directory" refused "is a directory"
	echo "hello, hello" > "$kernel"
	run "$vm" --kernel "$kernel" "$tmp/all"
	check "kernel that is a text file" refused "is a text file"
	run "$vm" --kernel "$(command -v bash)" "$tmp/all"
	check "kernel that is an ELF file" refused "is an ELF file"
	{ head -c 56 /dev/zero; printf 'ARMd'; head -c 1000 /dev/zero; } > "$kernel"
	run "$vm" --kernel "$kernel" "$tmp/all"
	check "kernel for another architecture" refused "is a kernel for arm64; .* set ARCH=arm64$"
	image=$("$root/vm/fetch" kernel newest)
	head -c 5000000 "$image" > "$kernel"
	run "$vm" --kernel "$kernel" "$tmp/all"
	check "kernel that is truncated" \
		refused "is truncated: it has 5000000 bytes of [0-9]+; give"
	# Sets init_size, the memory that the kernel needs to unpack itself, to 1 GiB.
	cp "$image" "$kernel"
	printf '\0\0\0\100' | dd of="$kernel" bs=1 seek=$((0x260)) conv=notrunc status=none
	run "$vm" --kernel "$kernel" "$tmp/all"
	check "kernel that does not fit into memory" \
		refused "takes more than 10[0-9]{2} MiB .* than 512 MiB: --mem"
	run "$vm" --kernel 1.2 "$tmp/all"
	check "unknown version: lists the archive's" \
		refused "no kernel 1.2 in the archive; it has .*7\."
	check "bad usage leaves nothing" leaves_nothing
}

# Prints the commands for users; not those that only run in a check or in the guest.
executables()
{
	local file

	git -C "$root" ls-files --cached --others --exclude-standard | while read -r file; do
		case $file in
		vm/init | check/*.sh | check/fake/* | check/guest/* | clients/*) ;;
		*)	[ ! -f "$root/$file" ] || [ ! -x "$root/$file" ] || echo "$file" ;;
		esac
	done
}

# in_empty_dir COMMAND...: in an empty directory, so that any file it leaves is found
in_empty_dir()
{
	run env -C "$tmp/empty" XDG_CACHE_HOME="$tmp/empty/cache" timeout 60 "$@"
}

prints_help()
{
	in_empty_dir "$root/$1" --help
	is "$status" 0 && is "$(cat "$tmp/err")" "" && out_has "${1##*/}|^Runs all tests" && empty_dir "$tmp/empty"
}

# refuses_option COMMAND [--images]: without --images, vm/bisect exits with the status for git bisect
refuses_option()
{
	in_empty_dir "$root/$1" ${2:+"$2" x} --frobnicate
	refused . && empty_dir "$tmp/empty"
}

check_help()
{
	local file images

	mkdir "$tmp/empty"
	for file in $(executables); do
		images=
		[ "$file" != vm/bisect ] || images=--images
		check "$file --help: prints help and leaves no files" prints_help "$file"
		check "$file: unknown option" refuses_option "$file" "$images"
	done
}

# refused_early REGEX VARIABLE=VALUE SCRIPT...: a one-line error before anything is fetched or built
refused_early()
{
	in_empty_dir env "${@:2}"
	refused "$1" && empty_dir "$tmp/empty"
}

check_variables()
{
	local scripts=$root/scripts line variable words
	local -A script=([vmtest]=vmtest [bench]="vmtest bench" [verdict]="report verdict"
		[parse]="report parse" [matrix]="report matrix" [bisect]=bisect [mutants]=mutants [fixes]=fixes)

	while IFS='|' read -r goal variable words; do
		# shellcheck disable=SC2086 # a script and its argument
		check "make $goal $variable" refused_early "$words" \
			TEST=cgroup_rmdir "$variable" "$scripts/"${script[$goal]}
	done <<-EOF
		vmtest|CPUS=0|: CPUS takes a number from 1 to 255, not '0'
		vmtest|CPUS=x|: CPUS takes a number from 1 to 255, not 'x'
		bench|CPUS=300|: CPUS takes a number from 1 to 255, not '300'
		vmtest|MEM=99999999|: MEM is 99999999 MiB, but this machine has
		vmtest|MEM=64|: MEM takes a number from 96 to [0-9]+, not '64'
		matrix|MEM=much|: MEM takes a number from 96 to [0-9]+, not 'much'
		vmtest|REPEAT=0|: REPEAT takes a number
		vmtest|JOBS=x|: JOBS takes a number from 1 to 99, not 'x'
		verdict|JOBS=0|: JOBS takes a number from 1 to 99, not '0'
		vmtest|V=2|: V takes 0 or 1, not '2'
		vmtest|TASK_EXIT_STRICT=yes|: TASK_EXIT_STRICT takes 0 or 1
		vmtest|KDIR=/nonexistent|: KDIR=/nonexistent is not a kernel tree
		verdict|VMLINUX_BTF=/nonexistent|: VMLINUX_BTF=/nonexistent cannot be read
		matrix|VMLINUX_H=$tmp|: VMLINUX_H=$tmp is a directory
		vmtest|TESTS=nope|: no test nope; known: .*cgroup_rmdir
		matrix|TESTS=cgroup_rmdir.nope|: no test cgroup_rmdir.nope; cgroup_rmdir has .*exiting_task_is
		matrix|JOBS=-1|: JOBS takes a number from 1 to 99, not '-1'
		parse|FILE=/nonexistent|: FILE=/nonexistent cannot be read; set FILE to a file of saved results
		parse|FILE=$tmp|: FILE=$tmp is a directory; set FILE to a file of saved results
		verdict|TESTS=cgroup_rmdir|: a verdict needs the whole suite; leave out TESTS=
		verdict|CHANGELOG=/nonexistent|: CHANGELOG=/nonexistent cannot be read; set CHANGELOG to a deb
		bisect|MESSAGE=[|: MESSAGE: '\[' is not a regular expression
		bisect|REPEAT=x|: REPEAT takes a number
		bisect|TEST=cgroup_rmdir cgroup_kill|: TEST takes a single program or test
		bisect|FIX=no|: FIX takes 0 or 1
		bisect|KERNELS=7.3|: KERNELS takes at least two kernels, not only 7.3
		mutants|MUTANTS=nope|: no mutant nope; mutants/run --list names all$
		fixes|FIXES=nope|: no fix nope; known: .*cgroup-pid-0-not-listed
		fixes|DEBUG=x|: DEBUG takes 0 or 1
		mutants|QUICK=x|: QUICK takes 0 or 1
		mutants|REPEAT=100|: REPEAT takes a number from 1 to 99
	EOF
	check "make check CHECKS=nope" refused_early "no check nope; known: unit style" V= \
		"$root/check/run" nope
	check "make check REPEAT=x" \
		refused_early ": REPEAT takes a number" REPEAT=x "$root/check/run" unit
	run make -s -C "$root" vmtest CPUS=0
	check "make passes variables to the script" err_has "^scripts/vmtest: CPUS takes a number"
}

# boot_fake_qemu HOW ARGUMENT...: HOW is FAKE_QEMU of check/fake/qemu
boot_fake_qemu()
{
	local how=$1
	shift

	: > "$tmp/boots"
	run env PATH="$tmp/bin:$PATH" FAKE_QEMU="$how" FAKE_BOOTS="$tmp/boots" \
		"$vm" --accel tcg "$@" "$tmp/all"
}

boots()
{
	wc -l < "$tmp/boots"
}

check_failed_boots()
{
	mkdir "$tmp/bin"
	ln -s "$root/check/fake/qemu" "$tmp/bin/qemu-system-x86_64"
	boot_fake_qemu refuse
	check "QEMU refuses the machine: exit 2" is "$status" 2
	check "QEMU refuses the machine: its reason" \
		err_has "^vm/run: QEMU cannot start this machine: Invalid SMP CPUs 8$"
	check "QEMU refuses the machine: asked once" is "$(boots)" 1
	boot_fake_qemu memory
	check "out of memory: exit 3" is "$status" 3
	check "out of memory: advice" err_has "out of memory; .* than 512 MiB: --mem .*MEM="
	check "out of memory: no retry" is "$(boots)" 1
	boot_fake_qemu slow --boot-timeout 4 --cpus 64
	check "slow boot: exit 3" is "$status" 3
	check "slow boot: it gets more time" err_has "still booting after 4 s; waiting up to 12 s$"
	check "slow boot: says what to change" err_has "no suite within 12 s; .*--boot-timeout.* than 64"
	check "slow boot: one boot" is "$(boots)" 1
	check "hopeless boots leave nothing" leaves_nothing
}

# A make that pretends to compile two files, then waits for "go".
make_fake_make()
{
	mkdir "$tmp/make"
	cat > "$tmp/make/make" <<-'EOT'
		#!/bin/sh
		for argument; do
			case $argument in
			KSFT_INSTALL_PATH=*) mkdir "${argument#*=}" ;;
			esac
		done
		echo "  CC       one.o"
		echo "  CLNG-BPF two.bpf.o"
		read -r word < "$FAKE_GO"
		[ "$word" = go ]
	EOT
	chmod +x "$tmp/make/make"
	mkfifo "$tmp/go"
	mkdir -p "$tmp/kdir/tools/testing/selftests"
	touch "$tmp/kdir/tools/testing/selftests/"{Makefile,lib.mk,x} "$tmp/kdir/"{tools/,tools/testing/,}x
	echo "TARGETS += tmpfs" > "$tmp/kdir/tools/testing/selftests/Makefile"
	fake_build=(env PATH="$tmp/make:$PATH" FAKE_GO="$tmp/go" XDG_CACHE_HOME="$tmp/cache"
		VMLINUX_H="$tmp/setup.h" "$root/scripts/build" --kdir "$tmp/kdir")
	touch "$tmp/setup.h"
}

# Lets the fake make continue; gives up if there is none.
release_make()
{
	# shellcheck disable=SC2016 # for the inner shell
	timeout 20 bash -c 'echo go > "$0"' "$tmp/go"
}

# file_has FILE REGEX
file_has()
{
	grep -aqE -e "$2" "$1"
}

no_make()
{
	! pgrep -f "^/bin/sh $tmp/make/make" > /dev/null
}

check_build()
{
	local fake_build second

	make_fake_make
	"${fake_build[@]}" > "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	check "build: prints the number of files to build" \
		eventually 20 err_has "^scripts/build: building the suite: [0-9]+ files$"
	"${fake_build[@]}" > "$tmp/second.out" 2> "$tmp/second.err" < /dev/null &
	second=$!
	check "build: waits for another build, and says so" \
		eventually 20 file_has "$tmp/second.err" "^scripts/build: waiting for another build$"
	release_make
	wait "$child"
	child=
	check "build: prints the number of files that it built" \
		err_has "^scripts/build: built the suite: 2 files in [0-9]+ s$"
	check "build: prints the path of the install tree" \
		out_has "^$tmp/cache/task_exit/build/.*install$"
	release_make
	wait "$second"
	check "build: the second build prints the same path" \
		is "$(cat "$tmp/second.out")" "$(cat "$tmp/out")"

	env TERM=xterm script -qefc "${fake_build[*]}" /dev/null > "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	check "build: shows a counter on a terminal" \
		eventually 20 out_has $'\r\033\\[Kbuilding the suite: 2 of [0-9]+ files, [0-9]+ s'
	release_make
	wait "$child"
	"${fake_build[@]}" > "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	check "build: make is running" eventually 20 fails no_make
	kill -KILL "$child"
	wait "$child" 2>/dev/null
	child=
	check "build: SIGKILL ends make, too" eventually 20 no_make
}

# clock ACCEL STAGE UPTIME: prints "fast" if the clock of a guest that was started two seconds
# ago is fast.
# shellcheck disable=SC2030,SC2034 # for vm/clock.sh
clock()
{
	(
		. "$root/vm/clock.sh"
		used=$1 stage=$2 boot_began=1000 now=3000
		clock_is_fast "$3" && echo fast
	)
}

check_clock()
{
	check "clock: an uptime of 7.8 s after 2 s is fast" is "$(clock tcg boot 7.80)" fast
	check "clock: an uptime of 1.96 s after 2 s is not" is "$(clock tcg boot 1.96)" ""
	check "clock: an uptime below 1 s is not" is "$(clock tcg boot 0.98)" ""
	check "clock: checked without KVM only" is "$(clock kvm boot 7.80)" ""
	check "clock: checked before the suite only" is "$(clock tcg suite 7.80)" ""
}

# verdict_is STATUS RUNNER-STATUS < KTAP: vm/run's exit status for these results
verdict_is()
{
	(
		repeat=${repeat:-1}
		. "$root/vm/results.sh"
		. "$root/vm/unstable.sh"
		program_ended() { :; }
		cat > "$tmp/ktap"
		while IFS= read -r line; do
			take_event "$line"
		done < <("$reader" lines < "$tmp/ktap")
		mapfile -t unstable < <(list_unstable "$reader" "$tmp/ktap")
		results_status "$2"
		is $? "$1"
	)
}

check_verdicts()
{
	local pass="ok 1 selftests: a: b"

	check "no plan: not passed" verdict_is 2 0 <<< "$pass"
	check "a plan of zero tests: not passed" verdict_is 2 0 <<< "1..0"
	check "fewer results than planned: not passed" verdict_is 1 0 <<< "1..2"$'\n'"$pass"
	check "more results than planned: not passed" \
		verdict_is 1 0 <<< "1..1"$'\n'"$pass"$'\n'"$pass"
	check "the runner fails: not passed" verdict_is 1 1 <<< "1..1"$'\n'"$pass"
	check "a nested not ok alone: passed" verdict_is 0 0 \
		<<< "1..1"$'\n'"# not ok 1 x"$'\n'"$pass"
	repeat=2 check "a result that changes between runs: not passed" verdict_is 1 0 <<-EOF
		1..1
		# ok 1 x.y
		$pass
		1..1
		# ok 1 x.y # SKIP
		$pass
	EOF
	repeat=2 check "one run of two is no pass" verdict_is 1 0 <<< "1..1"$'\n'"$pass"
	check "skip among passes is a pass" verdict_is 0 0 \
		<<< "1..2"$'\n'"$pass"$'\n'"ok 2 selftests: a: c # SKIP"
}

# Writes lines in two parts, with ticks in between; the last has no newline.
slow_lines()
{
	local i

	for ((i = 0; i < 200; i++)); do
		printf 'line'
		sleep 0.002
		printf ' %d\r\n' "$i"
	done
	printf 'half a line'
}

check_lines()
{
	slow_lines | "$reader" lines --raw --tick 0.001 > "$tmp/out"
	check "every line is passed on whole" cmp <(grep '^line' "$tmp/out") \
		<(seq -f $'line\tline %.0f' 0 199)
	check "it ticks" out_has '^tick$'
	check "nothing else" is "$(grep -cv -e '^line' -e '^tick$' "$tmp/out")" 0
}

# --- The suite runs ---------------------------------------------------------

check_results()
{
	echo "touch /tmp/setup_was_here" > "$tmp/setup"
	run "$vm" --log "$tmp/log" --setup "$tmp/setup" --env "FAKE=it's \$HOME" "$tmp/all"
	check "a failed test: exit 1" is "$status" 1
	check "stdout has the KTAP and nothing else" cmp "$tmp/out" "$tmp/log/results.ktap"
	check "stdout begins with the TAP version" is "$(head -n 1 "$tmp/out")" "TAP version 13"
	check "the results name the kernel" grep -qE '^# kernel: [0-9]' "$tmp/log/results.ktap"
	check "the KTAP has no line of vm/init" is "$(grep -c 'vm/init' "$tmp/out")" 0
	check "the guest has what tests expect" out_has '^ok 5 selftests: fake: guest$'
	check "the kernel log is in a separate file" grep -q "Linux version" "$tmp/log/console.log"
	check "the time of every program is saved" is "$(wc -l < "$tmp/log/times")" 5
	check "the last line is a summary" err_has \
		"FAILED: 5 of 5 programs; results: 14 passed, 1 failed, 1 skipped, 1 expected to fail; .* s$"
	check "--log: leaves nothing else" leaves_nothing
	grep '^# not ok' "$tmp/out" | grep -v 'not ok 2 bad' >&2
}

check_terminal()
{
	run env TERM=xterm script -qec "'$vm' --cpus 1 --env FAKE_CPUS=1 --tests 'pass fake:fail skip' '$tmp/all'" /dev/null
	check "terminal: exit status" is "$status" 1
	check "terminal: shows the boot" out_has $'\r\033\\[Kbooting .*, 1 s'
	check "terminal: shows a counter of programs" out_has '\[2/3\] fail'
	check "terminal: a line for every program" is 3 \
		"$(grep -acE '(ok  |FAIL|skip).*\[m (pass|fail|skip) +[0-9.]+ s' "$tmp/out")"
	check "terminal: why it failed" out_has 'fail.c:7:bad:Expected 0'
	check "terminal: why it skipped" out_has 'skip: nothing to see here'
}

check_brief()
{
	run "$vm" --brief --log "$tmp/log" --tests "pass fail" "$tmp/all"
	check "--brief: exit status" is "$status" 1
	check "--brief: a line for every program" is 2 \
		"$(grep -cE '^(ok   pass|FAIL fail) +[0-9.]+ s$' "$tmp/out")"
	check "--brief: nothing else" is "$(wc -l < "$tmp/out")" 2
	check "--brief: --log has all results" grep -q '^# not ok .*bad' "$tmp/log/results.ktap"
}

check_statuses()
{
	run env "${turkish[@]}" "$vm" --tests "pass silent" "$tmp/all"
	check "all passed: exit 0" is "$status" 0
	check "one line names the accelerator" is "$(grep -c ': booting' "$tmp/err")" 1
	run "$vm" --tests skip "$tmp/all"
	check "all skipped: exit 4" is "$status" 4
	printf 'echo preparing the guest\nexit 3\n' > "$tmp/setup"
	run "$vm" --setup "$tmp/setup" "$tmp/all"
	check "failed --setup: exit 2" is "$status" 2
	check "failed --setup: shows its output" err_has "preparing the guest"
}

# --- Output that cannot be written ---------------------------------------------------

# output_error REGEX: exit status 2, and one message besides the one about the boot.
output_error()
{
	is "$status" 2 && is "$(grep -vc ': booting' "$tmp/err")" 1 && err_has "$1"
}

# to_closed_pipe NAME COMMAND...: the reader of standard output exits after one line
to_closed_pipe()
{
	{
		"${@:2}" 2> "$tmp/$1.err"
		echo $? > "$tmp/$1.status"
	} | sed 1q > /dev/null
}

to_full_disk()
{
	"${@:2}" 2> "$tmp/$1.err" > /dev/full
	echo $? > "$tmp/$1.status"
}

# use_result NAME: sets status and err as if that command were the last that ran
use_result()
{
	status=$(cat "$tmp/$1.status")
	mv "$tmp/$1.err" "$tmp/err"
}

# Run at the same time; they stop when the suite begins.
check_lost_output()
{
	local command=("$vm" --tests long_output "$tmp/failing")

	"$root/vm/fetch" kernel newest 2> "$tmp/err" >&-
	status=$?
	check "closed standard output: exit 2, one message" \
		output_error "write standard output: Bad file descriptor"
	to_full_disk full "${command[@]}" &
	to_closed_pipe ignored env --ignore-signal=PIPE "${command[@]}" &
	to_closed_pipe default env --default-signal=PIPE "${command[@]}" &
	wait
	use_result full
	check "standard output on a full disk: exit 2, one message" \
		output_error "write standard output: No space left"
	use_result ignored
	check "reader exits, SIGPIPE ignored: exit 2, one message" \
		output_error "write standard output: Broken pipe"
	use_result default
	check "reader exits: ends by SIGPIPE" is "$status" 141
	check "reader exits: no message" is "$(grep -vc ': booting' "$tmp/err")" 0
	check "output errors leave nothing" leaves_nothing
}

# Enough space for the console log and some of the results.
check_full_log()
{
	if ! { mkdir "$tmp/small" && mount -t tmpfs -o size=80k tmpfs "$tmp/small"; } 2>/dev/null; then
		skip "--log on a full disk" "needs root to mount a small tmpfs"
		return
	fi
	mounted=1
	run "$vm" --log "$tmp/small/log" --tests long_output "$tmp/failing"
	check "--log on a full disk: exit 2, one message" \
		output_error "write $tmp/small/log/results.ktap: No space left"
	run "$root/vm/matrix" --kernels newest --out "$tmp/small" "$tmp/all"
	check "matrix on a full disk: exit 2, one message" refused "cannot write"
}

# --- Failures during the suite -----------------------------------------------

check_suite_failures()
{
	run "$vm" --timeout 3 --tests "pass hang panic" "$tmp/failing"
	check "suite timeout: exit 1" is "$status" 1
	check "suite timeout: names the test" err_has "within 3 s; stopped while fake:hang ran, [0-9.]+ s"
	check "suite timeout: kernel shows blocked tasks" err_has "Show Blocked State"
	check "suite timeout: names the programs that have not ended" err_has "not run to the end: hang panic$"
	check "suite timeout: the results of the others" out_has '^ok 1 selftests: fake: pass'
	check "suite timeout: ... and what the last one said" out_has '^# # hanging'
	run "$vm" \
		--tests "long_output after_suite" --env "FAKE_AFTER_SUITE=echo c > /proc/sysrq-trigger" "$tmp/failing"
	check "5000 lines arrive in order" \
		cmp <(grep '^# # line' "$tmp/out") <(seq -f '# # line %.0f' 5000)
	check "panic after the suite: exit 1" is "$status" 1
	check "panic after the suite: the results are complete" err_has "FAILED: 2 of 2 programs"
	check "panic after the suite: the time of the panic" \
		err_has "between the end of the suite and power-off"
	check "panic after the suite: shows the trace" err_has "sysrq_handle_crash"
	run "$vm" \
		--tests after_suite --env "FAKE_AFTER_SUITE=echo WARNING: fake > /dev/kmsg" "$tmp/failing"
	check "warning after the suite: exit 1" is "$status" 1
	check "warning after the suite: shows it" err_has "^    .*WARNING: fake"
	check "failures leave nothing" leaves_nothing
}

# results_only FILE: without what differs between boots: times, and the kernel log
results_only()
{
	grep -vE '^# # (kernel: |about to panic)' "$1"
}

# A program that brings the machine down costs only itself.
check_fresh_boots()
{
	local -a fresh=("$vm" --program-timeout 3
		--tests "pass spent fresh panic poweroff skip hang flaky" "$tmp/fresh")

	run "${fresh[@]}" --log "$tmp/log"
	check "new boots: exit 1" is "$status" 1
	check "new boots: every program has its verdict" err_has "FAILED: 8 of 8 programs"
	check "new boots: in one stream" is "$(grep -oE '^((not )?ok [0-9]+|TAP version|1\.\..*)' "$tmp/out" | paste -sd' ')" \
		"TAP version 1..8 ok 1 not ok 2 ok 3 not ok 4 not ok 5 ok 6 not ok 7 ok 8"
	check "new boots: the kernel is named once" is "$(grep -c '^# kernel: ' "$tmp/out")" 1
	check "new boots: totals" is "$(tail -n 1 "$tmp/out")" \
		"# Totals: pass:3 fail:4 xfail:0 xpass:0 skip:1 error:0"
	check "new boots: the reader has no complaint" is "$("$reader" parse < "$tmp/out" | grep -c "no result\|were planned")" 0
	check "a spent kernel: one line says so" is "$(grep -c "spent by spent.one: a css is dying; another boot runs the other 6 programs$" "$tmp/err")" 1
	check "a spent kernel: the next program has a new boot" out_has '^# ok 1 fresh.one'
	check "panic: names the test" err_has "panicked while fake:panic ran"
	check "panic: shows the trace" err_has "sysrq_handle_crash"
	check "panic: the results have the trace" out_has '^# # kernel: .*sysrq_handle_crash'
	check "panic: the results have the verdict" out_has '^not ok 4 selftests: fake: panic # the kernel panicked$'
	check "power-off: names the test" err_has "by itself while fake:poweroff ran"
	check "power-off: the results have the verdict" \
		out_has '^not ok 5 selftests: fake: poweroff # the guest powered off by itself$'
	check "hang: names the test" err_has "hung for more than 3 s while fake:hang ran"
	check "hang: kernel shows blocked tasks" out_has "^# # kernel: .*Show Blocked State"
	check "hang: the results have the verdict" \
		out_has '^not ok 7 selftests: fake: hang # hung for more than 3 s$'
	check "new boots: one console log" is "$(grep -ac '^--- boot' "$tmp/log/console.log")" 4
	check "new boots: ... with all boots" is "$(grep -ac 'Linux version' "$tmp/log/console.log")" 5
	check "new boots leave nothing" leaves_nothing
	mv "$tmp/out" "$tmp/alone"
	run "${fresh[@]}" --jobs 3
	check "--jobs 3: the same exit status" is "$status" 1
	check "--jobs 3: the same results" cmp <(results_only "$tmp/alone") <(results_only "$tmp/out")
	check "--jobs 3: leaves nothing" leaves_nothing
}

# dealt TIMES MACHINES < PROGRAMS: prints the programs of each machine
# shellcheck disable=SC1091
dealt()
{
	(
		. "$root/vm/deal.sh"
		deal "$@" | awk -F'\t' '{ list[$1] = list[$1] " " $3 } END { for (m = 1; m in list; m++) print m ":" list[m] }' |
			paste -sd' '
	)
}

check_dealing()
{
	printf '%s\t%d\n' a 5000 b 1000 c 4000 d 2000 > "$tmp/times"
	check "dealing: longest first, in the order of the suite" is "$(printf '%s\n' a b c d | dealt "$tmp/times" 2)" \
		"1: a b 2: c d"
	check "dealing: one machine" is "$(printf '%s\n' a b c d | dealt "$tmp/times" 1)" "1: a b c d"
	check "dealing: an unknown program counts as the mean" \
		is "$(printf '%s\n' a b c d x | dealt "$tmp/times" 2)" "1: a b d 2: c x"
	check "dealing: without times" is "$(printf '%s\n' a b c d | dealt /dev/null 2)" "1: a c 2: b d"
	check "dealing: no more machines than help" \
		is "$(printf '%s\n' a b c d | dealt "$tmp/times" 9)" "1: a 2: c 3: b d"
}

# --- Failures before the suite -----------------------------------------------

check_boot_failures()
{
	local image

	run "$vm" --append rdinit=/nonexistent "$tmp/all"
	check "panic before the suite: exit 3" is "$status" 3
	check "panic before the suite: tries again" err_has "boot 2 of 3 failed"
	check "panic before the suite: shows the kernel log" err_has "^    .*Kernel panic"
	check "panic before the suite: no results" is "$(cat "$tmp/out")" ""

	image=$("$root/vm/fetch" kernel newest)
	head -c 32768 "$image" > "$tmp/bogus"
	truncate -s "$(stat -c %s "$image")" "$tmp/bogus"
	run "$vm" --kernel "$tmp/bogus" --boot-timeout 2 "$tmp/all"
	check "hang before init: exit 3" is "$status" 3
	check "hang before init: ends within 12 s" test "$took" -lt 12000
	check "failures at boot leave nothing" leaves_nothing
}

# --- Signals ------------------------------------------------------

# The results of a program are printed when it has ended.
hang_is_seen()
{
	grep -qsF hanging "$TMPDIR"/task_exit-vm.*/blocks/*
}

# Starts a suite that hangs, in a new process group, and waits until it hangs.
start_hang()
{
	setsid env --default-signal=INT "$vm" --tests hang "$tmp/failing" \
		> "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	eventually 30 hang_is_seen
}

# stop_with SIGNAL PROCESS STATUS. The suite would hang for minutes; on a busy host the exit
# takes some seconds.
stop_with()
{
	local began=$SECONDS

	kill "-$1" -- "$2"
	wait "$child" 2>/dev/null
	status=$?
	child=
	check "SIG$1: ends vm/run" test $((SECONDS - began)) -le 20
	check "SIG$1: exit $3" is "$status" "$3"
}

check_signals()
{
	start_hang
	stop_with INT "-$child" 130
	check "Ctrl-C leaves nothing" leaves_nothing
	start_hang
	stop_with TERM "$child" 143
	check "SIGTERM leaves nothing" leaves_nothing
	start_hang
	kill -KILL "$(qemus)"
	check "QEMU killed: boots again" eventually 60 err_has "QEMU died .* booting again$"
	for _ in 1 2; do
		eventually 20 fails hang_is_seen
		eventually 60 hang_is_seen
		kill -KILL "$(qemus)"
	done
	wait "$child"
	status=$?
	child=
	check "QEMU killed three times: exit 3" is "$status" 3
	check "QEMU killed: leaves nothing" leaves_nothing
	start_hang
	stop_with KILL "$child" 137
	check "SIGKILL ends QEMU, too" eventually 2 no_qemu
	run "$vm" --kernel "$tmp/bogus" --boot-timeout 1 --accel tcg "$tmp/all"
	check "the next run cleans up after SIGKILL" leaves_nothing
}

# --- make and scripts/vmtest ------------------------------------------

# TESTS, V and O also mean something to the suite's Makefile and to lib.mk.
check_make()
{
	run env -u REPEAT make -s -C "$root" vmtest V=0 O="$tmp/nowhere" TASK_EXIT_STRICT=0 \
		TESTS="cgroup_rmdir.exiting_task_is_not_listed cgroup_rmdir.dying_cgroup_is_freed
			cgroup_controllers.pids.removed_cgroup_does_not_delay_changes"
	check "make vmtest TESTS=: runs only these programs" err_has ": 2 of 2 programs; "
	check "make vmtest TESTS=: ... and of them only these tests" \
		is 3 "$(grep -c '^# ok' "$tmp/out")"
	check "make vmtest TESTS=: ... and only this variant" \
		out_has '^# ok 1 cgroup_controllers\.pids\.removed_cgroup_does_not_delay_changes'
	check "make vmtest: O= is not passed to the suite" test ! -e "$tmp/nowhere"
	check "make vmtest leaves nothing" leaves_nothing
	mkdir -p "$tmp/kdir/tools/testing/selftests"
	touch "$tmp/kdir/tools/testing/selftests/lib.mk"
	run env KERNEL=1.2 KDIR="$tmp/kdir" "$root/scripts/vmtest"
	check "vmtest: unknown kernel: refused before the build" \
		refused "no kernel 1.2 in the archive"
	run "$root/scripts/vmtest" frobnicate
	check "vmtest: bad usage" refused "takes run or bench, not frobnicate"
	run env BTF_KERNEL=1.2 "$root/scripts/build"
	check "build: unknown BTF_KERNEL" refused "no kernel 1.2 in the archive"
}

check_repeat()
{
	run "$vm" --tests "flaky pass" --repeat 3 "$tmp/failing"
	check "repeat: exit 1" is "$status" 1
	check "repeat: all runs count" err_has "FAILED: 6 of 6 programs"
	check "repeat: names an unstable result" err_has "unstable result: flaky.unsteady: pass fail"
	check "repeat: ... and no stable one" is "$(grep -c "unstable result" "$tmp/err")" 2
}

check_bench()
{
	run "$root/vm/bench" --rounds 1 --tests "pass skip" --cpus 1 --mem 256 "$tmp/all"
	check "bench: prints the ratio" out_has '^ratio +[0-9]\.[0-9]{2}  \(limit 1\.30\)'
	check "bench: prints the time of every program" is "$(grep -c '^  fake:' "$tmp/out")" 2
	check "bench leaves nothing" leaves_nothing
}

# --- vm/matrix ---------------------------------------------------------------

check_matrix_usage()
{
	run "$root/vm/matrix" --kernels newest --out "$tmp/matrix"
	check "matrix: no install directory" refused "no install directory given"
	run "$root/vm/matrix" --kernels " " --out "$tmp/matrix" "$tmp/all"
	check "matrix: no kernels" refused "no kernels given"
	run "$root/vm/matrix" --kernels newest "$tmp/all"
	check "matrix: no output directory" refused "no output directory given"
	run "$root/vm/matrix" --kernels newest --out /proc/nowhere "$tmp/all"
	check "matrix: output directory that cannot be written" refused "cannot write"
	run "$root/vm/matrix" --kernels newest --out "$tmp/matrix" --jobs 0 "$tmp/all"
	check "matrix: invalid number" refused "takes a number"
	run "$root/vm/matrix" --kernels "a/b a_b" --out "$tmp/matrix" "$tmp/all"
	check "matrix: two kernels with the same directory name" \
		refused "with the directory name a_b"
	run "$root/vm/matrix" --kernels "1.2 1.3" --out "$tmp/matrix" "$tmp/all"
	check "matrix: no kernel ran: exit 3" is "$status" 3
	check "matrix: no kernel ran: names the kernels" err_has "no kernel ran, of 1.2 1.3$"
	check "matrix: no kernel ran: the reasons" err_has "1.3: no kernel 1.3 in the archive"
}

# column_is_done NAME: whether vm/matrix has finished it
column_is_done()
{
	[ -s "$tmp/matrix/$1/key" ]
}

# Uses one kernel by two names, to avoid another download.
check_matrix()
{
	local image=$tmp/bzImage second
	local -a matrix

	ln -s "$("$root/vm/fetch" kernel newest)" "$image"
	second=${image//\//_}
	matrix=("$root/vm/matrix" --kernels "1.2 newest $image" --jobs 1 --tests pass
		--out "$tmp/matrix" "$tmp/all")
	"${matrix[@]}" > "$tmp/out" 2> "$tmp/err" &
	child=$!
	check "matrix: the first kernel is done" eventually 90 column_is_done newest
	stop_with TERM "$child" 143
	check "matrix: SIGTERM leaves nothing" leaves_nothing
	check "matrix: the second kernel was not run" test ! -e "$tmp/matrix/$second/key"
	run "${matrix[@]}"
	check "matrix: resumed: exit 0" is "$status" 0
	check "matrix: resumed: keeps the first kernel" err_has "newest: kept from an earlier run"
	check "matrix: resumed: runs the second kernel" err_has "$second: passed: 1 of 1 programs"
	check "matrix: a kernel that was not run has the reason" \
		grep -q "^no kernel 1.2 in the archive" "$tmp/matrix/1.2/lost"
	check "matrix: a kernel that was run has its results" \
		grep -q "^ok 1 selftests: fake: pass" "$tmp/matrix/newest/results.ktap"
	check "matrix: a kernel that was run has its release" \
		grep -q '^[0-9.]*+.*-amd64$' "$tmp/matrix/newest/release"
	run "${matrix[@]}"
	check "matrix: all done: boots nothing" test "$took" -lt 5000
	check "matrix: leaves nothing" leaves_nothing
}

fake_suite "$tmp/all" pass silent skip fail guest || exit
fake_suite "$tmp/failing" pass hang panic long_output after_suite flaky || exit
fake_suite "$tmp/fresh" pass spent fresh panic poweroff skip hang flaky || exit

# In a Turkish locale, the lower case of "I" is not "i", and the decimal point is a comma.
turkish=()
check_locale()
{
	# shellcheck disable=SC2016 # for the inner shell
	local say='. "$0/vm/common.sh"; word=cgroup_rmdir; echo "${word^^}"; awk "BEGIN { printf \"%.1f\", 1.5 }"'

	mkdir "$tmp/locale"
	if ! localedef -i tr_TR -f UTF-8 "$tmp/locale/tr_TR.UTF-8" 2>/dev/null; then
		skip "locale" "needs localedef and the sources of locales"
		return
	fi
	turkish=("LOCPATH=$tmp/locale" LC_ALL=tr_TR.UTF-8)
	# shellcheck disable=SC2016 # for the inner shell
	check "locale: the Turkish locale works" \
		is "$(env "${turkish[@]}" bash -c 'word=i; echo "${word^^}"')" İ
	check "locale: the scripts do not use it" is \
		"$(env "${turkish[@]}" bash -c "$say" "$root")" CGROUP_RMDIR$'\n'1.5
}

check_help
check_variables
check_usage
check_failed_boots
check_build
check_locale
check_clock
check_verdicts
check_lines
check_dealing
check_results
check_terminal
check_brief
check_statuses
check_lost_output
check_full_log
check_suite_failures
check_fresh_boots
check_boot_failures
check_signals
check_make
check_repeat
check_bench
check_matrix_usage
check_matrix

exit $check_failed
