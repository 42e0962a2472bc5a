#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
# Checks what vm/run promises, with stub suites: exit statuses, trouble before
# and during the suite, what it prints, and that it leaves nothing behind.
# One boot answers as many questions as it can: they are what takes the time.

# shellcheck source-path=SCRIPTDIR disable=SC2317

set -uo pipefail
root=$(dirname "$(dirname "$(readlink -f "$0")")")
. "$root/check/stubs/report.sh"
. "$root/check/stubs/suite.sh"

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

nothing_left()
{
	empty_dir "$TMPDIR" && is "$(qemus)" ""
}

# QEMUs of this check are those that use its directory.
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
	check "help fits a screen" test "$(wc -l < "$tmp/out")" -le 24
	run "$vm"
	check "no install directory" refused "install directory"
	run "$vm" "$tmp/nowhere"
	check "install directory that does not exist" refused "does not exist"
	run "$vm" "$tmp"
	check "directory that is no install tree" refused "no run_kselftest.sh"
	run "$vm" --frobnicate "$tmp/all"
	check "unknown option" refused "unknown option --frobnicate"
	run "$vm" --cpus none "$tmp/all"
	check "number that is none" refused "takes a number"
	run "$vm" --mem 95 "$tmp/all"
	check "--mem that is too little" refused "--mem "
	run "$vm" --env 2=x "$tmp/all"
	check "bad --env" refused "takes NAME=VALUE"
	run "$vm" --setup "$tmp/nowhere" "$tmp/all"
	check "missing --setup file" refused "no such file"
	run "$vm" --log /proc/nowhere "$tmp/all"
	check "--log that cannot be written" refused "cannot write"
	run "$vm" --tests "pass nope" "$tmp/all"
	check "unknown test lists the known" refused "no test nope; known: pass silent skip fail guest"
	run "$vm" --tests "pass.one" "$tmp/all"
	check "a test of a program that cannot choose" refused "pass runs as a whole"
	stub_suite "$tmp/none"
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
	check "kernel for another architecture" refused "is an arm64 kernel"
	image=$("$root/vm/fetch" kernel newest)
	head -c 5000000 "$image" > "$kernel"
	run "$vm" --kernel "$kernel" "$tmp/all"
	check "kernel that is truncated" refused "is truncated: it has 5000000 bytes of [0-9]+; give"
	# init_size, which is what it takes to unpack itself, becomes a GiB.
	cp "$image" "$kernel"
	printf '\0\0\0\100' | dd of="$kernel" bs=1 seek=$((0x260)) conv=notrunc status=none
	run "$vm" --kernel "$kernel" "$tmp/all"
	check "kernel that does not fit" refused "takes more than 10[0-9]{2} MiB .* than 512 MiB: --mem"
	run "$vm" --kernel 1.2 "$tmp/all"
	check "unknown version lists the archive's" refused "no kernel 1.2 in the archive; it has .*7\."
	check "bad usage leaves nothing" nothing_left
}

# What is typed by hand. The rest is run by a check, or in the guest.
executables()
{
	local file

	git -C "$root" ls-files --cached --others --exclude-standard | while read -r file; do
		case $file in
		vm/init | check/*.sh | check/stubs/* | check/guest/*) ;;
		*)	[ ! -f "$root/$file" ] || [ ! -x "$root/$file" ] || echo "$file" ;;
		esac
	done
}

# in_empty COMMAND...: in a directory where all that it might leave behind can be seen
in_empty()
{
	run env -C "$tmp/empty" XDG_CACHE_HOME="$tmp/empty/cache" timeout 60 "$@"
}

helps()
{
	in_empty "$root/$1" --help
	is "$status" 0 && is "$(cat "$tmp/err")" "" && out_has "${1##*/}|^What " && empty_dir "$tmp/empty"
}

# vm/bisect has another exit status for git bisect.
refuses()
{
	in_empty "$root/$1" ${2:+"$2" x} --frobnicate
	refused . && empty_dir "$tmp/empty"
}

check_help()
{
	local file images

	mkdir "$tmp/empty"
	for file in $(executables); do
		images=
		[ "$file" != vm/bisect ] || images=--images
		check "$file --help: tells, and leaves nothing" helps "$file"
		check "$file: an option that it does not know" refuses "$file" "$images"
	done
}

# typed REGEX VARIABLE=VALUE SCRIPT...: it is refused in one line, before anything is
# fetched or built
typed()
{
	in_empty env "${@:2}"
	refused "$1" && empty_dir "$tmp/empty"
}

check_variables()
{
	local scripts=$root/scripts line variable words
	local -A script=([vmtest]=vmtest [bench]="vmtest bench" [verdict]="report verdict"
		[parse]="report parse" [matrix]="report matrix" [bisect]=bisect [mutants]=mutants)

	while IFS='|' read -r goal variable words; do
		# shellcheck disable=SC2086 # a script and its argument
		check "make $goal $variable" typed "$words" \
			TEST=cgroup_rmdir "$variable" "$scripts/"${script[$goal]}
	done <<-EOF
		vmtest|CPUS=0|: CPUS takes a number from 1 to 255, not '0'
		vmtest|CPUS=x|: CPUS takes a number from 1 to 255, not 'x'
		bench|CPUS=300|: CPUS takes a number from 1 to 255, not '300'
		vmtest|MEM=99999999|: MEM is 99999999 MiB, and this machine has
		vmtest|MEM=64|: MEM takes a number from 96 to [0-9]+, not '64'
		matrix|MEM=much|: MEM takes a number from 96 to [0-9]+, not 'much'
		vmtest|REPEAT=0|: REPEAT takes a number
		vmtest|V=2|: V takes 1, or 0 for no, not '2'
		vmtest|TASK_EXIT_STRICT=yes|: TASK_EXIT_STRICT takes 1
		vmtest|KDIR=/nonexistent|: KDIR=/nonexistent is no kernel tree
		verdict|VMLINUX_BTF=/nonexistent|: VMLINUX_BTF=/nonexistent cannot be read
		matrix|VMLINUX_H=$tmp|: VMLINUX_H=$tmp is a directory
		vmtest|TESTS=nope|: no test nope; known: .*cgroup_rmdir
		matrix|TESTS=cgroup_rmdir.nope|: no test cgroup_rmdir.nope; cgroup_rmdir has .*hidden_task_is
		matrix|JOBS=-1|: JOBS takes a number from 1 to 99, not '-1'
		parse|FILE=/nonexistent|: FILE=/nonexistent cannot be read; give FILE= the saved results
		parse|FILE=$tmp|: FILE=$tmp is a directory; give FILE= the saved results
		verdict|TESTS=cgroup_rmdir|: a verdict needs the whole suite; leave out TESTS=
		verdict|CHANGELOG=/nonexistent|: CHANGELOG=/nonexistent cannot be read; give CHANGELOG= a deb
		bisect|MESSAGE=[|: MESSAGE: '\[' is no regular expression
		bisect|REPEAT=x|: REPEAT takes a number
		bisect|TEST=cgroup_rmdir cgroup_kill|: TEST takes one program or test
		bisect|FIX=no|: FIX takes 1
		bisect|KERNELS=7.3|: KERNELS takes two kernels or more, not only 7.3
		mutants|MUTANTS=nope|: no mutant nope; known: .*cgroup-early-unlink
		mutants|QUICK=x|: QUICK takes 1
		mutants|REPEAT=100|: REPEAT takes a number from 1 to 99
	EOF
	check "make check CHECKS=nope" typed "there is no check nope; there are unit style" V= \
		"$root/check/run" nope
	check "make check REPEAT=x" typed ": REPEAT takes a number" REPEAT=x "$root/check/run" unit
	run make -s -C "$root" vmtest CPUS=0
	check "make hands on what was typed" err_has "^scripts/vmtest: CPUS takes a number"
}

# stub_boot HOW ARGUMENT...: with a QEMU that does so
stub_boot()
{
	local how=$1
	shift

	: > "$tmp/boots"
	run env PATH="$tmp/bin:$PATH" STUB_QEMU="$how" STUB_BOOTS="$tmp/boots" \
		"$vm" --accel tcg "$@" "$tmp/all"
}

boots()
{
	wc -l < "$tmp/boots"
}

check_hopeless_boots()
{
	mkdir "$tmp/bin"
	ln -s "$root/check/stubs/qemu" "$tmp/bin/qemu-system-x86_64"
	stub_boot refuse
	check "QEMU refuses the machine: exit 2" is "$status" 2
	check "QEMU refuses the machine: its reason" \
		err_has "^vm/run: QEMU cannot start this machine: Invalid SMP CPUs 8$"
	check "QEMU refuses the machine: asked once" is "$(boots)" 1
	stub_boot memory
	check "out of memory: exit 3" is "$status" 3
	check "out of memory: says what to change" err_has "out of memory; .* than 512 MiB: --mem .*MEM="
	check "out of memory: one boot" is "$(boots)" 1
	stub_boot slow --boot-timeout 4 --cpus 64
	check "slow boot: exit 3" is "$status" 3
	check "slow boot: it gets more time" err_has "still booting after 4 s; waiting up to 12 s$"
	check "slow boot: says what to change" err_has "no suite within 12 s; .*--boot-timeout.* than 64"
	check "slow boot: one boot" is "$(boots)" 1
	check "hopeless boots leave nothing" nothing_left
}

# A make that compiles two files and waits for a word.
make_stub_of_make()
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
		read -r word < "$STUB_GO"
		[ "$word" = go ]
	EOT
	chmod +x "$tmp/make/make"
	mkfifo "$tmp/go"
	mkdir -p "$tmp/kdir/tools/testing/selftests"
	touch "$tmp/kdir/tools/testing/selftests/"{Makefile,lib.mk,x} "$tmp/kdir/"{tools/,tools/testing/,}x
	echo "TARGETS += tmpfs" > "$tmp/kdir/tools/testing/selftests/Makefile"
	stub_build=(env PATH="$tmp/make:$PATH" STUB_GO="$tmp/go" XDG_CACHE_HOME="$tmp/cache"
		VMLINUX_H="$tmp/setup.h" "$root/scripts/build" --kdir "$tmp/kdir")
	touch "$tmp/setup.h"
}

# To the make that waits; where none does it gives up.
let_go()
{
	# shellcheck disable=SC2016 # for the inner shell
	timeout 20 bash -c 'echo go > "$0"' "$tmp/go"
}

# said FILE REGEX
said()
{
	grep -aqE -e "$2" "$1"
}

no_make()
{
	! pgrep -f "^/bin/sh $tmp/make/make" > /dev/null
}

check_build()
{
	local stub_build second

	make_stub_of_make
	"${stub_build[@]}" > "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	check "build: says that it builds, and how much" \
		eventually 20 err_has "^scripts/build: building the suite: [0-9]+ files$"
	"${stub_build[@]}" > "$tmp/second.out" 2> "$tmp/second.err" < /dev/null &
	second=$!
	check "build: says that it waits for another" \
		eventually 20 said "$tmp/second.err" "^scripts/build: waiting for another build$"
	let_go
	wait "$child"
	child=
	check "build: ... how much it was" err_has "^scripts/build: built the suite: 2 files in [0-9]+ s$"
	check "build: ... and where it is" out_has "^$tmp/cache/task_exit/build/.*install$"
	let_go
	wait "$second"
	check "build: the second is as good" is "$(cat "$tmp/second.out")" "$(cat "$tmp/out")"

	env TERM=xterm script -qefc "${stub_build[*]}" /dev/null > "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	check "build: counts on a terminal" \
		eventually 20 out_has $'\r\033\\[Kbuilding the suite: 2 of [0-9]+ files, [0-9]+ s'
	let_go
	wait "$child"
	"${stub_build[@]}" > "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	check "build: make runs" eventually 20 fails no_make
	kill -KILL "$child"
	wait "$child" 2>/dev/null
	child=
	check "build: SIGKILL takes make along" eventually 20 no_make
}

# clock ACCEL STAGE UPTIME: of a guest that has been up for two seconds here.
# shellcheck disable=SC2030,SC2034 # for vm/clock.sh, and for nobody else
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
	check "clock: seven seconds within two" is "$(clock tcg boot 7.80)" fast
	check "clock: less than has passed" is "$(clock tcg boot 1.96)" ""
	check "clock: less than a second" is "$(clock tcg boot 0.98)" ""
	check "clock: only an emulated one is doubted" is "$(clock kvm boot 7.80)" ""
	check "clock: in the suite it is late to ask" is "$(clock tcg suite 7.80)" ""
}

# judged STATUS RUNNER-STATUS < KTAP: vm/run's exit status for these results
judged()
{
	(
		repeat=${repeat:-1}
		. "$root/vm/clock.sh"
		. "$root/vm/results.sh"
		. "$root/vm/flips.sh"
		program_ended() { :; }
		cat > "$tmp/ktap"
		while IFS= read -r line; do
			take_event "$line"
		done < <("$reader" lines < "$tmp/ktap")
		mapfile -t flips < <(list_flips "$reader" "$tmp/ktap")
		results_status "$2"
		is $? "$1"
	)
}

check_verdicts()
{
	local pass="ok 1 selftests: a: b"

	check "no plan is no pass" judged 2 0 <<< "$pass"
	check "zero tests planned is no pass" judged 2 0 <<< "1..0"
	check "incomplete plan is no pass" judged 1 0 <<< "1..2"$'\n'"$pass"
	check "more results than planned is no pass" judged 1 0 <<< "1..1"$'\n'"$pass"$'\n'"$pass"
	check "runner that fails is no pass" judged 1 1 <<< "1..1"$'\n'"$pass"
	check "not ok of a program is nested, not the verdict" judged 0 0 \
		<<< "1..1"$'\n'"# not ok 1 x"$'\n'"$pass"
	repeat=2 check "a result that flips is no pass" judged 1 0 <<-EOF
		1..1
		# ok 1 x.y
		$pass
		1..1
		# ok 1 x.y # SKIP
		$pass
	EOF
	repeat=2 check "one run of two is no pass" judged 1 0 <<< "1..1"$'\n'"$pass"
	check "skip among passes is a pass" judged 0 0 \
		<<< "1..2"$'\n'"$pass"$'\n'"ok 2 selftests: a: c # SKIP"
}

# Halves of lines, so that the ticks fall into them; the last has no end.
halves_of_lines()
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
	halves_of_lines | "$reader" lines --raw --tick 0.001 > "$tmp/out"
	check "every line is passed on whole" cmp <(grep '^line' "$tmp/out") \
		<(seq -f $'line\tline %.0f' 0 199)
	check "it ticks" out_has '^tick$'
	check "nothing else" is "$(grep -cv -e '^line' -e '^tick$' "$tmp/out")" 0
}

# --- The suite runs ---------------------------------------------------------

check_results()
{
	echo "touch /tmp/setup_was_here" > "$tmp/setup"
	run "$vm" --log "$tmp/log" --setup "$tmp/setup" --env "STUB=it's \$HOME" "$tmp/all"
	check "a failed test: exit 1" is "$status" 1
	check "stdout is the KTAP and nothing else" cmp "$tmp/out" "$tmp/log/results.ktap"
	check "stdout begins with TAP's version" is "$(head -n 1 "$tmp/out")" "TAP version 13"
	check "the results tell the kernel" grep -qE '^# kernel: [0-9]' "$tmp/log/results.ktap"
	check "no line of init in the KTAP" is "$(grep -c 'vm/init' "$tmp/out")" 0
	check "the guest is as tests expect it" out_has '^ok 5 selftests: stub: guest$'
	check "the kernel log is kept apart" grep -q "Linux version" "$tmp/log/console.log"
	check "the time of every test is kept" is "$(wc -l < "$tmp/log/times")" 5
	check "summary in the last line" err_has \
		"FAILED: 5 of 5 programs; results: 14 passed, 1 failed, 1 skipped, 1 expected to fail; .* s$"
	check "--log leaves nothing else" nothing_left
	grep '^# not ok' "$tmp/out" | grep -v 'not ok 2 bad' >&2
}

check_terminal()
{
	run env TERM=xterm script -qec "'$vm' --cpus 1 --env STUB_CPUS=1 --tests 'pass stub:fail skip' '$tmp/all'" /dev/null
	check "terminal: exit status" is "$status" 1
	check "terminal: says what goes on" out_has $'\r\033\\[Kbooting .*, 1 s'
	check "terminal: counts the programs" out_has '\[2/3\] fail'
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
	check "--brief: and nothing else" is "$(wc -l < "$tmp/out")" 2
	check "--brief: --log keeps all" grep -q '^# not ok .*bad' "$tmp/log/results.ktap"
}

check_statuses()
{
	run env "${turkish[@]}" "$vm" --tests "pass silent" "$tmp/all"
	check "everything passed: exit 0" is "$status" 0
	check "the accelerator is named in one line" is "$(grep -c ': booting' "$tmp/err")" 1
	run "$vm" --tests skip "$tmp/all"
	check "everything skipped: exit 4" is "$status" 4
	printf 'echo preparing the guest\nexit 3\n' > "$tmp/setup"
	run "$vm" --setup "$tmp/setup" "$tmp/all"
	check "failed --setup: exit 2" is "$status" 2
	check "failed --setup: says what it printed" err_has "preparing the guest"
}

# --- What is said gets lost ---------------------------------------------------

# One line besides that about the boot.
lost()
{
	is "$status" 2 && is "$(grep -vc ': booting' "$tmp/err")" 1 && err_has "$1"
}

# to_early_reader NAME COMMAND...: standard output is a pipe whose reader leaves
to_early_reader()
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

# of NAME: makes that command the last that ran
of()
{
	status=$(cat "$tmp/$1.status")
	mv "$tmp/$1.err" "$tmp/err"
}

# All at once: they stop when the suite begins.
check_lost_output()
{
	local flood=("$vm" --tests flood "$tmp/trouble")

	"$root/vm/fetch" kernel newest 2> "$tmp/err" >&-
	status=$?
	check "closed standard output: exit 2, one line" lost "write standard output: Bad file descriptor"
	to_full_disk full "${flood[@]}" &
	to_early_reader ignored env --ignore-signal=PIPE "${flood[@]}" &
	to_early_reader default env --default-signal=PIPE "${flood[@]}" &
	wait
	of full
	check "standard output on a full disk: exit 2, one line" lost "write standard output: No space left"
	of ignored
	check "reader leaves, SIGPIPE ignored: exit 2, one line" lost "write standard output: Broken pipe"
	of default
	check "reader leaves: ends by SIGPIPE" is "$status" 141
	check "reader leaves: quietly" is "$(grep -vc ': booting' "$tmp/err")" 0
	check "lost output leaves nothing" nothing_left
}

# Room for the console's log and some of the results.
check_full_log()
{
	if ! { mkdir "$tmp/small" && mount -t tmpfs -o size=80k tmpfs "$tmp/small"; } 2>/dev/null; then
		skip "--log on a full disk" "needs root to mount a small tmpfs"
		return
	fi
	mounted=1
	run "$vm" --log "$tmp/small/log" --tests flood "$tmp/trouble"
	check "--log on a full disk: exit 2, one line" lost "write $tmp/small/log/results.ktap: No space left"
	run "$root/vm/matrix" --kernels newest --out "$tmp/small" "$tmp/all"
	check "matrix on a full disk: exit 2, one line" refused "cannot write|no room"
}

# --- Trouble during the suite -----------------------------------------------

check_suite_trouble()
{
	run "$vm" --timeout 3 --tests "pass hang" "$tmp/trouble"
	check "suite timeout: exit 1" is "$status" 1
	check "suite timeout: names the test" err_has "within 3 s; stopped while stub:hang ran, [0-9.]+ s"
	check "suite timeout: kernel shows blocked tasks" err_has "Show Blocked State"
	run "$vm" --tests panic "$tmp/trouble"
	check "panic in the suite: exit 1" is "$status" 1
	check "panic in the suite: names the test" err_has "panicked while stub:panic ran"
	check "panic in the suite: shows the trace" err_has "sysrq_handle_crash"
	run "$vm" --tests "flood late" --env "STUB_LATE=echo c > /proc/sysrq-trigger" "$tmp/trouble"
	check "5000 lines arrive in order" cmp <(grep '^# # line' "$tmp/out") <(seq -f '# # line %.0f' 5000)
	check "panic after the suite: exit 1" is "$status" 1
	check "panic after the suite: the results are complete" err_has "FAILED: 2 of 2 programs"
	check "panic after the suite: says when" err_has "between the end of the suite and power-off"
	check "panic after the suite: shows the trace" err_has "sysrq_handle_crash"
	run "$vm" --tests "late" --env "STUB_LATE=echo WARNING: stub > /dev/kmsg" "$tmp/trouble"
	check "warning after the suite: exit 1" is "$status" 1
	check "warning after the suite: shows it" err_has "^    .*WARNING: stub"
	run "$vm" --tests off "$tmp/trouble"
	check "power-off in the suite: exit 1" is "$status" 1
	check "power-off in the suite: names the test" err_has "by itself while stub:off ran"
	check "trouble leaves nothing" nothing_left
}

# --- Trouble before the suite -----------------------------------------------

check_boot_trouble()
{
	local image

	run "$vm" --append rdinit=/nonexistent "$tmp/all"
	check "panic before the suite: exit 3" is "$status" 3
	check "panic before the suite: two more boots" err_has "boot 2 of 3 failed"
	check "panic before the suite: shows the kernel log" err_has "^    .*Kernel panic"
	check "panic before the suite: no results" is "$(cat "$tmp/out")" ""

	image=$("$root/vm/fetch" kernel newest)
	head -c 32768 "$image" > "$tmp/bogus"
	truncate -s "$(stat -c %s "$image")" "$tmp/bogus"
	run "$vm" --kernel "$tmp/bogus" --boot-timeout 2 "$tmp/all"
	check "hang before init: exit 3" is "$status" 3
	check "hang before init: in time" test "$took" -lt 12000
	check "trouble at boot leaves nothing" nothing_left
}

# --- Somebody stops it ------------------------------------------------------

# Starts a suite that hangs, in its own process group, and waits until it does.
start_hang()
{
	setsid env --default-signal=INT "$vm" --tests hang "$tmp/trouble" \
		> "$tmp/out" 2> "$tmp/err" < /dev/null &
	child=$!
	eventually 30 out_has "waiting for nothing"
}

# What hangs would do so for minutes; on a busy host all that ends takes seconds.
stop_with()
{
	local began=$SECONDS

	kill "-$1" -- "$2"
	wait "$child" 2>/dev/null
	status=$?
	child=
	check "SIG$1: at once" test $((SECONDS - began)) -le 20
	check "SIG$1: exit $3" is "$status" "$3"
}

check_signals()
{
	start_hang
	stop_with INT "-$child" 130
	check "Ctrl-C leaves nothing" nothing_left
	start_hang
	stop_with TERM "$child" 143
	check "SIGTERM leaves nothing" nothing_left
	start_hang
	kill -KILL "$(qemus)"
	wait "$child"
	status=$?
	check "QEMU that dies in the suite: exit 3" is "$status" 3
	check "QEMU that dies leaves nothing" nothing_left
	start_hang
	stop_with KILL "$child" 137
	check "SIGKILL takes QEMU along" eventually 2 no_qemu
	run "$vm" --kernel "$tmp/bogus" --boot-timeout 1 --accel tcg "$tmp/all"
	check "the next run sweeps up after SIGKILL" nothing_left
}

# --- What make and scripts/vmtest add ------------------------------------------

# The suite's own Makefile and lib.mk have a TESTS, a V and an O as well.
check_make()
{
	run env -u REPEAT make -s -C "$root" vmtest V=0 O="$tmp/nowhere" TASK_EXIT_STRICT=0 \
		TESTS="cgroup_rmdir.hidden_task_is_not_listed cgroup_rmdir.dying_cgroup_is_released
			cgroup_controllers.pids.removed_cgroup_delays_no_change"
	check "make vmtest TESTS=: those programs and no other" err_has ": 2 of 2 programs; "
	check "make vmtest TESTS=: of them those tests and no other" is 3 "$(grep -c '^# ok' "$tmp/out")"
	check "make vmtest TESTS=: of them that variant" \
		out_has '^# ok 1 cgroup_controllers\.pids\.removed_cgroup_delays_no_change'
	check "make vmtest: O= is not for the suite" test ! -e "$tmp/nowhere"
	check "make vmtest leaves nothing" nothing_left
	mkdir -p "$tmp/kdir/tools/testing/selftests"
	touch "$tmp/kdir/tools/testing/selftests/lib.mk"
	run env KERNEL=1.2 KDIR="$tmp/kdir" "$root/scripts/vmtest"
	check "vmtest: unknown kernel, before anything is built" refused "no kernel 1.2 in the archive"
	run "$root/scripts/vmtest" frobnicate
	check "vmtest: bad usage" refused "run or bench, not frobnicate"
	run env BTF_KERNEL=1.2 "$root/scripts/build"
	check "build: unknown BTF_KERNEL" refused "no kernel 1.2 in the archive"
}

check_repeat()
{
	run "$vm" --tests "flip pass" --repeat 3 "$tmp/trouble"
	check "repeat: exit 1" is "$status" 1
	check "repeat: all runs count" err_has "FAILED: 6 of 6 programs"
	check "repeat: names what flips" err_has "verdicts differ: flip.unsteady: pass fail"
	check "repeat: not what does not" is "$(grep -c "verdicts differ" "$tmp/err")" 2
}

check_bench()
{
	run "$root/vm/bench" --rounds 1 --tests "pass skip" --cpus 1 --mem 256 "$tmp/all"
	check "bench: prints the ratio" out_has '^ratio +[0-9]\.[0-9]{2}  \(limit 1\.30\)'
	check "bench: prints every test's seconds" is "$(grep -c '^  stub:' "$tmp/out")" 2
	check "bench leaves nothing" nothing_left
}

# --- Many kernels ---------------------------------------------------------------

check_matrix_usage()
{
	run "$root/vm/matrix" --kernels newest --out "$tmp/matrix"
	check "matrix: no install directory" refused "which install directory"
	run "$root/vm/matrix" --kernels " " --out "$tmp/matrix" "$tmp/all"
	check "matrix: no kernels" refused "which kernels"
	run "$root/vm/matrix" --kernels newest "$tmp/all"
	check "matrix: no directory" refused "where to"
	run "$root/vm/matrix" --kernels newest --out /proc/nowhere "$tmp/all"
	check "matrix: directory that cannot be written" refused "cannot write"
	run "$root/vm/matrix" --kernels newest --out "$tmp/matrix" --jobs 0 "$tmp/all"
	check "matrix: number that is none" refused "takes a number"
	run "$root/vm/matrix" --kernels "a/b a_b" --out "$tmp/matrix" "$tmp/all"
	check "matrix: two kernels of one column" refused "has one column twice: a_b"
	run "$root/vm/matrix" --kernels "1.2 1.3" --out "$tmp/matrix" "$tmp/all"
	check "matrix: no kernel at all: exit 3" is "$status" 3
	check "matrix: no kernel at all: says what it tried" err_has "no kernel ran; tried 1.2 1.3$"
	check "matrix: no kernel at all: and why not" err_has "1.3: no kernel 1.3 in the archive"
}

# column_is_done NAME: vm/matrix will not run it again
column_is_done()
{
	[ -s "$tmp/matrix/$1/key" ]
}

# The same kernel by two names: a second one would have to be downloaded.
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
	check "SIGTERM in a matrix leaves nothing" nothing_left
	check "matrix: the second kernel was not done" test ! -e "$tmp/matrix/$second/key"
	run "${matrix[@]}"
	check "matrix: goes on: exit 0" is "$status" 0
	check "matrix: goes on: what was done is kept" err_has "newest: kept from an earlier run"
	check "matrix: goes on: what was not is run" err_has "$second: passed: 1 of 1 programs"
	check "matrix: a kernel that is lost has the reason" \
		grep -q "^no kernel 1.2 in the archive" "$tmp/matrix/1.2/lost"
	check "matrix: a kernel that ran has its results" \
		grep -q "^ok 1 selftests: stub: pass" "$tmp/matrix/newest/results.ktap"
	check "matrix: a kernel that ran has its name" grep -q '^[0-9.]*+.*-amd64$' "$tmp/matrix/newest/release"
	run "${matrix[@]}"
	check "matrix: all is done: no boot" test "$took" -lt 5000
	check "matrix leaves nothing" nothing_left
}

stub_suite "$tmp/all" pass silent skip fail guest || exit
stub_suite "$tmp/trouble" pass hang panic off flood late flip || exit

# A user whose "i" is not the small "I", and whose decimal point is a comma.
turkish=()
check_locale()
{
	# shellcheck disable=SC2016 # for the inner shell
	local say='. "$0/vm/common.sh"; word=cgroup_rmdir; echo "${word^^}"; awk "BEGIN { printf \"%.1f\", 1.5 }"'

	mkdir "$tmp/locale"
	if ! localedef -i tr_TR -f UTF-8 "$tmp/locale/tr_TR.UTF-8" 2>/dev/null; then
		skip "whatever the locale" "needs localedef and the sources of locales"
		return
	fi
	turkish=("LOCPATH=$tmp/locale" LC_ALL=tr_TR.UTF-8)
	# shellcheck disable=SC2016 # for the inner shell
	check "that locale is another" is "$(env "${turkish[@]}" bash -c 'word=i; echo "${word^^}"')" İ
	check "whatever the locale: the same words and numbers" is \
		"$(env "${turkish[@]}" bash -c "$say" "$root")" CGROUP_RMDIR$'\n'1.5
}

check_help
check_variables
check_usage
check_hopeless_boots
check_build
check_locale
check_clock
check_verdicts
check_lines
check_results
check_terminal
check_brief
check_statuses
check_lost_output
check_full_log
check_suite_trouble
check_boot_trouble
check_signals
check_make
check_repeat
check_bench
check_matrix_usage
check_matrix

exit $check_failed
