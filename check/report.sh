#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# report - task_exit-report reads saved results from any source, and prints them in every
# form.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=check/expect/ktap.sh
. "$here/check/expect/ktap.sh"
make_scratch
tmp=$scratch

reader=$("$here/report/build" 2>"$tmp/log") || {
	not_ok "report: builds"
	details "$tmp/log"
	exit 1
}

unlink=d245698d727a
hide=a72f73c4dd9b
rmdir=93618edf7538
missing_hide="$hide (\"cgroup: Don't expose dead tasks in cgroup\"), released in 7.0"
test_lines pass cgroup_rmdir.populated $unlink cgroup_rmdir.busy $rmdir >"$tmp/good.tests"
{
	test_line cgroup_rmdir.listed fail $hide "$missing_hide"
	test_line cgroup_rmdir.populated pass $unlink
} >"$tmp/bad.tests"
test_line scx_exit_order.zombie skip 7900aa699c34 - "no BTF" >"$tmp/skipped.tests"
for name in good bad skipped; do
	ktap <"$tmp/$name.tests" >"$tmp/$name"
	with_all_fixes "left out of this check" <"$tmp/$name.tests" | ktap >"$tmp/$name.all"
done
sed '/^# ok 1 /q' "$tmp/good" >"$tmp/cut"
sed 's/^# ok 2 cgroup_rmd.*/# ok 2 cgroup_rmd[    4.123456] sched_ext: x/' "$tmp/good" >"$tmp/garbled"
: >"$tmp/empty"

# --- Verdict -----------------------------------------------------------------

verdict()
{
	"$reader" verdict <"$1"
}

# The first line that matches: line_of REGEX
line_of()
{
	grep -nE -m 1 -- "$1" "$tmp/out" | cut -d: -f1
}

# in_order REGEX...: each matches a line after the previous match
in_order()
{
	local regex line last=0

	for regex; do
		line=$(line_of "$regex")
		if [ -z "$line" ] || [ "$line" -le "$last" ]; then
			echo "'$regex' is in line ${line:-none}, not after line $last of:"
			cat "$tmp/out"
			return 1
		fi
		last=$line
	done
}

first_line()
{
	head -n 1 "$tmp/out" | grep -xE -- "$1" || { cat "$tmp/out"; return 1; }
}

# smaller_set_is TITLE...: the titles without an id after "Or at least"
smaller_set_is()
{
	sed -n '/^Or at least/,/^Or update/s/^git log .*--grep="\(.*\)" v.*/\1/p' "$tmp/out" | diff <(printf '%s\n' "$@") -
}

# Each commit that is named somewhere is listed with its title.
ids_are_explained()
{
	local id

	while read -r id; do
		grep -E "^  $id +([0-9]+ tests? +)?(cgroup|sched_ext)[:,]" "$tmp/out" >/dev/null ||
			{ echo "what is $id?"; cat "$tmp/out"; return 1; }
	done < <(grep -oE '\b[0-9a-f]{12}\b' "$tmp/out" | sort -u)
	! grep -n "id-unknown" "$tmp/out"
}

# The last line counts each fix once.
adds_up()
{
	tail -n 1 "$tmp/out" | awk '
		{
			known = $2
			matter = $5
			split($0, part, /, |; /)
			for (i = 2; i in part; i++)
				for (j = split(part[i], word, " "); j; j--)
					if (word[j] + 0)
						sum += word[j]
			if ($0 !~ /^Of [0-9]+ known fixes [0-9]+ matter/ || sum != known)
				exit 1
		}' || { cat "$tmp/out"; return 1; }
}

kill_title="cgroup: fix cgroup.kill for exited thread group leader"
{
	test_lines pass cgroup_rmdir.populated $unlink cgroup_rmdir.listed $hide cgroup_rmdir.busy $rmdir
	test_line cgroup_offline.disabled fail 1dffd95575eb \
		"1dffd95575eb (\"cgroup: Defer kill_css_finish() in cgroup_apply_control_disable()\")"
	test_line cgroup_rebind.perf_event pass a99ce697ea5e
	test_line cgroup_kill.headless fail "$kill_title" "\"$kill_title\", released in 7.3.4"
	test_line scx_tid_qmap.runs fail 41e3312861ea \
		"41e3312861ea (\"sched_ext: add p->scx.tid and SCX_OPS_TID_TO_TASK lookup\")"
} | with_all_fixes "not on this machine" >"$tmp/many.tests"
{ echo "# kernel: 7.0.9-mine"; ktap <"$tmp/many.tests"; } >"$tmp/many"

check "report: verdict: nothing is missing" ran 0 verdict "$tmp/good.all"
check "report: verdict: ... says so first" \
	first_line "this kernel: none of the 2 fixes that matter is missing; 20 cannot be tested here"
check "report: verdict: a fix is present, by how many tests" out_has '^  d245698d727a  1 test   cgroup: Defer'
check "report: verdict: nothing to pick" out_has '^Nothing to pick among the fixes that can be tested here.$'
check "report: verdict: a fix is missing" ran 1 verdict "$tmp/bad.all"
check "report: verdict: names it, and the harm" first_line \
	"this kernel: 1 of the 2 fixes that matter is missing; most urgent: a72f73c4dd9b \\(hang or failure\\): cgroup.procs lists dead tasks, .*"
check "report: verdict: says what to pick, and what repairs it" in_order \
	"^To pick: [0-9]+ commits: 1 missing, 3 that belong with a missing one, [0-9]+ from their series\.$" "^  a72f73c4dd9b cgroup: Don't expose dead .*\(7.0, 6.19.9\)" \
	"^      hang or failure: cgroup.procs lists .*; shown by 1 test$" \
	"^  60f21a264930 " "^      repairs a72f73c4dd9b, which introduces this bug: pick both; wrong answer: "
check "report: verdict: all was skipped" ran 4 verdict "$tmp/skipped.all"
check "report: verdict: says why" in_order "^Cannot be tested here; look" "no BTF" "^  7900aa699c34 "
check "report: verdict: ... and has no answer" first_line "this kernel: no answer: no fix could be tested here"

check "report: verdict: several are missing" ran 1 verdict "$tmp/many"
check "report: verdict: the kernel, how many, and the most urgent" first_line \
	"7.0.9-mine: 2 of the 5 fixes that matter are missing; most urgent: \"$kill_title\" \\(wrong or missed kill\\): a process whose leader has exited survives cgroup.kill"
check "report: verdict: in the order of a reader in a hurry" in_order "^7.0.9-mine: " "^To pick" \
	"^git cherry-pick" "^Or at least" "^Features" "^Present" "^Superseded" "^Cannot be tested here" "^Of 25 known"
check "report: verdict: in the order of history" in_order "^  3360a5c16d87 .*\(needed by cfc1da7e1127\)" \
	"^  cfc1da7e1127 .*" "needed by 1dffd95575eb; not tested here: leave it out if the kernel has it; " \
	"^  1dffd95575eb " "^      lost state: disabling .*; shown by 1 test" \
	"^  a99ce697ea5e " "repairs 1dffd95575eb, which introduces this bug: pick both; " "^  \(no id\) +$kill_title" \
	"^  \(no id\) .* through their exiting threads" "repairs \"$kill_title\", which introduces this bug: pick both; wrong or missed kill"
check "report: verdict: lines to paste" in_order \
	"^git cherry-pick -x .$" "^	3360a5c16d87 44fabf05634c c4799253a3ee cfc1da7e1127 .$" \
	"^	1dffd95575eb .$" "^	a99ce697ea5e$" "^# and then, .*no id is known" \
	"^git log --oneline -F --grep=\"$kill_title\" v7\.3\.4$" "^Or at least the 2 against crashes and wrong kills:$"
check "report: verdict: the smaller set has only what it needs" smaller_set_is "$kill_title" \
	"cgroup: don't kill migrated processes through their exiting threads"
check "report: verdict: which release has all" out_has \
	"^Or update: no release of 7\.0 up to 7\.0\.13 has all of these \(7\.0\.13: 0 of 5 fixes\); the first later release that has all is 7\.3\.4\.$"
check "report: verdict: it was not compared with a changelog" in_order "^7\.0\.9-mine" "^Not compared with a changelog: CHANGELOG=" "^To pick"
check "report: verdict: a feature is not to be picked" out_has "^  41e3312861ea .* lookup: missing$"
check "report: verdict: what is superseded says by which" out_has "^  1b164b876c36 .*, by 93618edf7538$"
check "report: verdict: each commit is explained" ids_are_explained
check "report: verdict: the numbers add up" adds_up
check "report: verdict: no test is named" fails out_has "shown by cgroup_"
verbosely()
{
	"$reader" verdict -v <"$1"
}
check "report: verdict: -v names the tests" ran 1 verbosely "$tmp/many"
check "report: verdict: ... where it failed" out_has "^      shown by cgroup_offline.disabled$"
check "report: verdict: ... where it passed" out_has "^      shown by cgroup_rmdir.populated$"

test_lines pass cgroup_rebind.perf_event a99ce697ea5e cgroup_rmdir.populated $unlink |
	with_all_fixes "cgroup v1 has memory" | ktap >"$tmp/unsure"
check "report: verdict: a repair of an unknown fix" ran 0 verdict "$tmp/unsure"
check "report: verdict: ... is not present" in_order "^Present" "^Cannot be tested here" "^  a99ce697ea5e "
check "report: verdict: ... and has a reason" out_has \
	"its tests pass, but it repairs 1dffd95575eb, which is unknown: cgroup v1 has memory"

# --- What no test can judge here -------------------------------------------------------

# by_release VERSION FILE
by_release()
{
	"$reader" verdict -k "$1" <"$2"
}

early=c7a1c6e8004a
{
	test_lines pass cgroup_rmdir.populated $unlink scx_exit_order.zombie 7900aa699c34
	test_line scx_load_race.early skip $early - "no second CPU"
} | with_all_fixes "left out of this check" | ktap >"$tmp/untested"
check "report: verdict: by its release, a fix is missing" ran 1 by_release 7.2.7 "$tmp/untested"
check "report: verdict: ... is in the first sentence" first_line \
	"7.2.7: none of the 2 fixes that can be tested here is missing, but [0-9]+ that cannot be tested here are presumably missing; most urgent: $early \\(crash\\): .*"
check "report: verdict: ... is picked, as what it is" in_order "^To pick: .* [0-9]+ presumably missing" "^  $early " \
	"^      not tested here, presumably missing: .*; crash: " "^	$early" "^Or at least"
check "report: verdict: ... the numbers add up" adds_up
check "report: verdict: ... what the release has is not" fails out_has "^	1dffd95575eb"
check "report: verdict: ... a later release of the series" out_has "^Or update: no release of 7\.2 up to 7\.2\.13 .*; the first later release that has all is 7\.3\.4"
check "report: verdict: a release that has it" ran 0 by_release 7.3.4 "$tmp/untested"
check "report: verdict: ... presumes nothing" fails out_has "presumably"
check "report: verdict: a newer release than lib/fixes.c covers may have it" ran 0 by_release 7.2.99 "$tmp/untested"
check "report: verdict: a vendor's kernel may have it" ran 0 by_release 7.2.7-mine "$tmp/untested"
check "report: verdict: a kernel older than the bug" ran 1 by_release 7.0.9 "$tmp/untested"
check "report: verdict: ... does not need the fix" in_order "^Not needed: the bug is newer" "^  $early .*\(bug since 7\.1\)$"
sed '/scx_exit_order/s/^# ok \([0-9]*\) \(.*\)/# ok \1 \2 # SKIP this kernel has no sched_ext/' "$tmp/untested" >"$tmp/no_scx"
check "report: verdict: a kernel without sched_ext" ran 1 by_release 7.2.7 "$tmp/no_scx"
check "report: verdict: ... needs no fix of it" fails out_has "^	$early"
check "report: verdict: nothing could be tested" ran 4 by_release 7.2.7 "$tmp/skipped.all"
check "report: verdict: ... presumes nothing" fails out_has "presumably"

test_line cgroup_rmdir.populated fail $unlink "$unlink (\"cgroup: Defer task cgroup unlink until after the task is done switching out\")" |
	with_all_fixes "left out" | ktap >"$tmp/brings"
test_line cgroup_visibility.paused xfail - - "10 lines are \"0\"" | with_all_fixes "left out" | ktap >"$tmp/xfail"
check "report: verdict: a fix that brings a known bug" ran 1 verdict "$tmp/brings"
check "report: verdict: ... says so" in_order "^  $unlink " "^      brings a bug that no release has fixed: .*\(finding 2\)"
check "report: verdict: expected failures" ran 4 verdict "$tmp/xfail"
check "report: verdict: ... are listed" in_order "^Expected failures: " "^  cgroup_visibility.paused: 10 lines are"

# --- A spent kernel --------------------------------------------------------------------

spent="cgroup_rmdir.busy: rmdir sleeps"
{
	test_line cgroup_rmdir.busy fail $rmdir \
		"$rmdir (\"cgroup: Defer css percpu_ref kill on rmdir until cgroup is depopulated\")"
	test_line cgroup_rmdir.populated pass $unlink
	test_line cgroup_rmdir.listed skip $hide - "the kernel is spent by $spent"
} | ktap | sed "/^# not ok/i # # kernel spent: $spent" >"$tmp/spent"
sed 's/# suite: .*/# suite: 2 programs, 5 tests/; s/^1\.\.1$/1..2/' "$tmp/spent" >"$tmp/spent.all"
cat >>"$tmp/spent.all" <<-EOF
	# selftests: task_exit: cgroup_kill
	# TAP version 13
	# 1..0 # SKIP the kernel is spent by $spent
	ok 2 selftests: task_exit: cgroup_kill # SKIP
EOF
check "report: verdict: a spent kernel: is incomplete" ran 2 verdict "$tmp/spent.all"
check "report: verdict: ... what was run is an answer" first_line \
	"this kernel: at least 1 fix is missing; most urgent: $rmdir .*; the results are incomplete: tests were not run after $spent"
check "report: verdict: ... what was not run is unknown" in_order "^Present" "^  $unlink" "^Cannot tell: no test of it was run" "^  $hide "
check "report: verdict: ... how many were not run" err_has ": 1 tests and 1 programs were not run: the kernel is spent by $spent$"
causes()
{
	"$reader" causes <"$1"
}
check "report: causes: of a spent kernel" ran 0 causes "$tmp/spent.all"
check "report: causes: ... are one" first_line "1 failure, 1 cause: 1 missing fix, 0 without a known fix"
check "report: causes: ... with what was not run" in_order "^missing fix: $rmdir .*: 1 test$" \
	"^    cgroup_rmdir.busy: it is not so$" "^        it left the kernel in a bad state: rmdir sleeps$" \
	"^        not run after it: 1 test$" "^        not run after it: 1 program$"
sed 's/^# not ok 1/# ok 1/; s/ #  it is not so//; s/^not ok 1 /ok 1 /' "$tmp/spent.all" >"$tmp/spent.later"
check "report: causes: a test that passed spent it" ran 0 causes "$tmp/spent.later"
check "report: causes: ... is a failure" in_order \
	"^no known fix: it passed, but left the kernel in a bad state$" "^    cgroup_rmdir.busy$" \
	"^        it left the kernel in a bad state: rmdir sleeps$"
{
	printf '1..2\n'
	for name in cgroup_kill cgroup_rmdir; do
		printf '# %s\n' "selftests: task_exit: $name" "1..1" \
			"# kernel spent: $name.a: its rmdir of $name sleeps in drain(), state D" \
			"not ok 1 $name.a # rmdir of $name does not return"
		echo "not ok 1 selftests: task_exit: $name # exit=1"
	done
} | awk '/^not ok 1 self/ { sub("1", ++nr) } { print }' >"$tmp/sleeps"
check "report: causes: two tests sleep in one function" ran 0 causes "$tmp/sleeps"
check "report: causes: ... for one cause" in_order "^2 failures, 1 cause: 0 missing fixes, 1 without a known fix$" \
	"^no known fix: a task sleeps in drain\(\) and never wakes up$" \
	"^    cgroup_kill.a: rmdir of cgroup_kill does not return$" "^    cgroup_rmdir.a: "

# --- Causes ----------------------------------------------------------------------------

{
	test_line cgroup_rmdir.listed fail $hide "$missing_hide"
	test_line cgroup_rmdir.busy fail $hide "$missing_hide"
	test_line cgroup_kill.a fail
	test_line cgroup_kill.b fail
	test_line cgroup_kill.c fail
} | ktap | sed 's/\(cgroup_kill.a #\).*/\1 task 7 stays/; s/\(cgroup_kill.b #\).*/\1 task 123 stays/' >"$tmp/causes"
check "report: causes" ran 0 causes "$tmp/causes"
check "report: causes: how many" first_line "5 failures, 3 causes: 1 missing fix, 2 without a known fix"
check "report: causes: each with its tests" in_order "^missing fix: $hide .*\(released in 7\.0, 6\.19\.9\): 2 tests$" \
	"^    cgroup_rmdir.listed: it is not so$" "^    cgroup_rmdir.busy: " "^no known fix: task 7 stays$" \
	"^    cgroup_kill.a$" "^    cgroup_kill.b$" "^no known fix: it is not so$" "^    cgroup_kill.c$"
printf '%s\n' "1..1" "# selftests: task_exit: cgroup_kill" "not ok 1 selftests: task_exit: cgroup_kill # the kernel panicked" >"$tmp/panic"
check "report: causes: a program without a result" ran 0 causes "$tmp/panic"
check "report: causes: ... is one" in_order "^no known fix: the kernel panicked$" "^    cgroup_kill$"
check "report: causes: all passed" ran 0 causes "$tmp/good"
check "report: causes: ... says nothing" fails out_has .
check "report: causes: no results" ran 2 causes "$tmp/empty"
check "report: causes: bad usage" ran 2 "$reader" causes "$tmp/good"
check "report: causes: ... one line about it" one_line

# --- Incomplete results ----------------------------------------------------------------

# only FILE WORDS: the results in FILE, as part of a larger suite
only()
{
	sed "s/# suite: .*/# suite: $2/" "$1" >"$tmp/only"
	verdict "$tmp/only"
}

check "report: verdict: some programs alone" ran 2 only "$tmp/good" "38 programs, 225 tests"
check "report: verdict: ... one line about it" one_line
check "report: verdict: ... how many were run" \
	err_has ": 1 of 38 programs and 2 of 225 tests were run$"
check "report: verdict: ... is no answer" first_line "this kernel: no answer; the results are incomplete"
check "report: verdict: ... and never \"nothing\"" fails out_has "[Nn]othing"
check "report: verdict: ... the fixes that were tested" in_order "^Present" "^  $rmdir "
check "report: verdict: ... the fixes that were not" in_order "^Cannot tell: no test of it was run" "^  $hide "
check "report: verdict: some tests alone" ran 2 only "$tmp/good.all" "2 programs, 225 tests"
check "report: verdict: ... how many were run" err_has ": 25 of 225 tests were run$"
check "report: verdict: some programs, and a fix is missing" ran 2 only "$tmp/bad" "38 programs, 225 tests"
check "report: verdict: ... says \"at least\"" first_line "this kernel: at least 1 fix is missing; most urgent: .*; the results are incomplete"
check "report: verdict: a suite without BPF" ran 2 verdict "$tmp/good"
check "report: verdict: ... one line about it" one_line
check "report: verdict: ... says what it lacks" err_has "the suite has no test of [0-9]+ fix.*without BPF"
test_line test_core.x fail | ktap | sed '/invariant:\|suite:/d' | cat - "$tmp/good.all" >"$tmp/foreign"
check "report: verdict: results of another suite do not matter" ran 0 verdict "$tmp/foreign"
sed '/# guards:\|# suite:/d; /invariant:/d' "$tmp/bad.all" >"$tmp/older"
check "report: verdict: results of an older suite" ran 2 verdict "$tmp/older"
check "report: verdict: ... one line about it" one_line
check "report: verdict: ... says so" err_has "from an older version or another suite; run this one$"
check "report: verdict: ... and nothing else" fails out_has .
sed "s/guards: $unlink/guards: 0123456789ab/" "$tmp/good.all" >"$tmp/newer"
check "report: verdict: results of a newer suite" ran 2 verdict "$tmp/newer"
check "report: verdict: ... says so" err_has "lib/fixes.c does not have \"0123456789ab\""
printf '%s\n' "1..1" "# selftests: task_exit: cgroup_kill" "# 1..0 # SKIP not root: run it with sudo" \
	"ok 1 selftests: task_exit: cgroup_kill # SKIP" >"$tmp/not_root"
check "report: verdict: every program was skipped" ran 4 verdict "$tmp/not_root"
check "report: verdict: ... says why" out_has "no test of it was run; cgroup_kill was skipped: not root"

check "report: verdict: results that are cut off" ran 2 verdict "$tmp/cut"
check "report: verdict: what there is counts" in_order "^Present" "^  $unlink  1 test " "^Cannot tell: no test of it was run"
check "report: verdict: says what is not there" err_has 'planned 2 results and has 1'
check "report: verdict: results with another's lines in them" ran 2 verdict "$tmp/garbled"
check "report: verdict: what there is counts" out_has '^  d245698d727a  1 test '
check "report: verdict: says what was cut" err_has 'line.s. were cut by kernel messages'
check "report: verdict: what is no results" ran 2 verdict "$(command -v busybox)"
check "report: verdict: one line about it" one_line
check "report: verdict: empty results" ran 2 verdict "$tmp/empty"
check "report: verdict: one line about it" one_line
check "report: verdict: takes no argument" ran 2 "$reader" verdict "$tmp/good"

# lost_by COMMAND...: its output cannot be written
lost_by()
{
	ran 2 written_to_a_full_disk "$@" && one_line &&
		err_has "task_exit-report: cannot write standard output"
}

written_to_a_full_disk()
{
	"$reader" "$@" <"$tmp/good.all" >/dev/full
}

check "report: verdict: on a full disk" lost_by verdict
check "report: parse: on a full disk" lost_by parse
check "report: unknown command" ran 2 "$reader" frobnicate
check "report: ... one line about it" one_line
check "report: --help" ran 0 "$reader" --help
check "report: ... fits a screen" test "$(wc -l <"$tmp/out")" -le 40
check "report: docs: every fix, and its releases" docs_have_the_fixes

# --- How it is built ------------------------------------------------------------

# built_with VARIABLE=VALUE...: with an empty cache
built_with()
{
	env XDG_CACHE_HOME="$tmp/cache" "$@" "$here/report/build"
}

build_two_at_a_time()
{
	local first

	built_with HOSTCC=cc >"$tmp/first" &
	first=$!
	built_with HOSTCC=cc >"$tmp/second"
	wait "$first" && cmp "$tmp/first" "$tmp/second" && [ -x "$(cat "$tmp/first")" ] &&
		[ "$(find "$tmp/cache" -type f | wc -l)" = 1 ]
}

check "report: build: without a compiler" ran 2 built_with HOSTCC=no-such-cc
check "report: build: ... one line about it" one_line
check "report: build: ... says what to install" err_has "no-such-cc is missing; apt-get install"
check "report: build: two at a time" build_two_at_a_time
check "report: build: a second time" ran 0 built_with HOSTCC=cc

# --- Parse -------------------------------------------------------------------

parse()
{
	"$reader" parse <"$1"
}

# A serial console, with carriage returns and kernel messages between the lines.
serial_log()
{
	awk '{ printf "%s\r\n[    %d.123456] random: line\r\n", $0, NR }' "$tmp/bad"
}

serial_log >"$tmp/serial"

check "report: parse: all passed" ran 0 parse "$tmp/good"
check "report: parse: tells a failure" ran 1 parse "$tmp/bad"
check "report: parse: ... with its invariant" out_has '^            invariant: it is "so"'
check "report: parse: ... with its timeline" out_has '    101\.648  test +a step of cgroup_rmdir.listed'
check "report: parse: ... and the causes at the end" in_order "^1 programs: " "^1 failure, 1 cause: " "^missing fix: $hide "

# With two events that contradict each other.
sed '/a step of cgroup_rmdir.listed/r /dev/stdin' "$tmp/bad" >"$tmp/drawn" <<-EOF
	# #     110.000  cgroup_init  of c (cgroup 6560)
	# #     115.027  init_task    of the task (pid 771) in c, at fork
	# #     120.488  test         task 771 exits and is held in zap_pid_ns_processes()
	# # A   167.839  cgroup_exit  of c (cgroup 6560, offline)
	# # A   343.661  exit_task    of the task (pid 771, exiting)
EOF

# drawn LOCALE FILE: as on a terminal
drawn()
{
	CLICOLOR_FORCE=1 LC_ALL=$1 "$reader" parse <"$2"
}

check "report: parse: contradicting events in a file" ran 1 parse "$tmp/drawn"
check "report: parse: ... are a list" out_has '^ +A   167\.839  cgroup_exit  of c .cgroup 6560, offline.$'
check "report: parse: ... on a terminal" ran 1 drawn C "$tmp/drawn"
check "report: parse: ... are drawn" out_has '^ +167\.8  \. +# +A cgroup_exit +\.$'
check "report: parse: ... and joined" out_has "^ +343\.7  \. +A exit_task  +\. +'\$"
check "report: parse: ... in 80 columns" fails out_has '^ +[0-9]+\.[0-9]  .{68}'
check "report: parse: ... without a list" fails out_has '167\.839'
check "report: parse: ... with lines, if the locale has them" ran 1 drawn C.UTF-8 "$tmp/drawn"
check "report: parse: ... which are these" out_has '^ +343\.7 .*┊ +A exit_task .*┘$'
check "report: parse: no contradiction on a terminal" ran 1 drawn C "$tmp/bad"
check "report: parse: ... is a list" out_has '    101\.648  test +a step of cgroup_rmdir.listed'
check "report: parse: a serial log" ran 1 parse "$tmp/serial"
check "report: parse: ... prints the same" out_has '^1 programs: 1 passed, 1 failed'
check "report: parse: a line that was cut" ran 2 parse "$tmp/garbled"
check "report: parse: says so" err_has 'line.s. were cut by kernel messages; the first is line 13'
check "report: parse: all was skipped" ran 4 parse "$tmp/skipped"
check "report: parse: results that are cut off" ran 2 parse "$tmp/cut"
check "report: parse: what there is counts" out_has '^1 programs: 1 passed'
check "report: parse: says what is not there" err_has 'planned 2 results and has 1'
check "report: parse: empty" ran 2 parse "$tmp/empty"
check "report: parse: one line about it" one_line

megabyte()
{
	local i

	for ((i = 0; i < 1500; i++)); do
		cat "$tmp/bad"
	done
}

# Its CPU time: other checks run beside this one.
fast()
{
	local took TIMEFORMAT=%U

	took=$({ time "$reader" "$1" <"$tmp/megabyte" >/dev/null 2>&1; } 2>&1)
	echo "$took s for $(stat -c %s "$tmp/megabyte") bytes"
	[ "${took/./}" -lt 200 ]
}

megabyte >"$tmp/megabyte"
check "report: verdict of a megabyte takes less than 0.2 s of CPU time" fast verdict
check "report: parse of a megabyte takes less than 0.2 s of CPU time" fast parse

# --- Lines -----------------------------------------------------------------------

lines()
{
	"$reader" lines <"$1"
}

# In this order, and nothing else.
are_events_of_bad()
{
	diff - "$tmp/out" <<-EOF
		plan	1
		program	task_exit	cgroup_rmdir
		said	failure: it is not so
		said	timeline, in milliseconds:
		said	    101.648  test         a step of cgroup_rmdir.listed
		said	missing fix: $missing_hide
		result	fail	cgroup_rmdir.listed	it is not so	$hide
		result	pass	cgroup_rmdir.populated	-	-
		end	fail	cgroup_rmdir	-
	EOF
}

# The reader gets a line and must answer before the next one.
answers_at_once()
{
	local answer

	coproc stream { "$reader" lines; }
	echo "ok 1 x.a # SKIP why" >&"${stream[1]}"
	read -r -t 10 -u "${stream[0]}" _ && read -r -t 10 -u "${stream[0]}" answer
	# shellcheck disable=SC2154 # coproc sets it
	kill "$stream_PID"
	[ "$answer" = $'result\tskip\tx.a\twhy\t-' ]
}

check "report: lines" ran 0 lines "$tmp/bad"
check "report: lines: each event" are_events_of_bad
check "report: lines: of a serial log" ran 0 lines "$tmp/serial"
check "report: lines: ... are the same" are_events_of_bad
check "report: lines: at once" answers_at_once
check "report: lines: bad usage" ran 2 "$reader" lines --tick x
check "report: lines: ... one line about it" one_line

# --- Another parser ------------------------------------------------------------

python=/usr/bin/python3
read_by_python()
{
	"$python" -c 'import sys, tap.parser
for line in tap.parser.Parser().parse_file(sys.argv[1]): print(line.category, getattr(line, "ok", ""), getattr(line, "skip", ""))' "$1"
}

# One program's own output, without what the runner puts before each line.
own_output()
{
	sed -n 's/^# \(TAP version\|1\.\.\|ok \|not ok \|# \)/\1/p' "$1"
}

if "$python" -c 'import tap.parser' 2>/dev/null; then
	own_output "$tmp/bad" >"$tmp/own"
	check "report: python3-tap reads what the runner saves" ran 0 read_by_python "$tmp/bad"
	check "report: python3-tap sees the program" out_has '^test False False'
	check "report: python3-tap reads what a program prints" ran 0 read_by_python "$tmp/own"
	check "report: python3-tap sees the failure" out_has '^test False False'
	own_output "$tmp/skipped" >"$tmp/own"
	check "report: python3-tap reads a skip" ran 0 read_by_python "$tmp/own"
	check "report: python3-tap sees the skip" out_has '^test True True'
else
	skip "report: python3-tap reads what the runner saves" "python3-tap is not installed"
fi

# --- Matrix --------------------------------------------------------------------

matrix=$tmp/matrix
mkdir -p "$matrix"/{6.17,6.18,6.19.6,7.3,7.4}
printf '%s\n' 6.17 6.18 6.19.6 7.3 7.4 >"$matrix/kernels"
cp "$tmp/cut" "$matrix/6.17/results.ktap"
cp "$tmp/bad" "$matrix/6.18/results.ktap"
cp "$tmp/good" "$matrix/7.3/results.ktap"
echo "7.3.4+deb13-cloud-amd64" >"$matrix/7.3/release"
echo "no 6.19.6 for <you> & \"me\"" >"$matrix/6.19.6/lost"

as()
{
	"$reader" matrix "$1" "$matrix"
}

for format in table programs json junit ktap html; do
	check "report: matrix: $format" ran 0 as "$format"
	cp "$tmp/out" "$tmp/matrix.$format"
done
cp "$tmp/matrix.table" "$tmp/out"
check "report: matrix: table: a lost kernel has its reason" out_has '^6\.19\.6: no 6\.19\.6 for'
check "report: matrix: table: one that has not run says so" out_has '^7\.4: has not run yet'
check "report: matrix: table: results that are cut off" out_has '^6\.17: .*planned 2 results and has 1'
check "report: matrix: table: a failure" out_has 'cgroup_rmdir.listed +- +FAIL'
check "report: matrix: json is JSON" ran 0 jq -r '.kernels[] | "\(.name) \(.lost)"' "$tmp/matrix.json"
check "report: matrix: json: has the lost kernel" out_has '^6\.19\.6 no 6\.19\.6 for <you> & "me"$'
check "report: matrix: json: the fixes" ran 0 jq -r \
	'.kernels[] | select(.name == "7.3") | .fixes[] | "\(.commit) \(.state)"' "$tmp/matrix.json"
check "report: matrix: json: a fix is present" out_has '^d245698d727a present$'
check "report: matrix: json: a fix without a known id" ran 0 jq -r \
	'.kernels[] | select(.name == "7.3") | .fixes[] | select(.commit == null) | .title' "$tmp/matrix.json"
check "report: matrix: json: ... has its title" out_has "^$kill_title\$"
check "report: matrix: junit is XML" ran 0 xmllint --noout "$tmp/matrix.junit"
check "report: matrix: junit: counts the failure" ran 0 xmllint --xpath \
	'string(//testsuite[@name="6.18"]/@failures)' "$tmp/matrix.junit"
check "report: matrix: junit: it is one" out_has '^1$'
check "report: matrix: on a full disk" lost_by matrix html "$matrix"

# Results of an earlier run are not shown while this one waits.
progress()
{
	echo "$1" >"$matrix/6.18/state"
	CLICOLOR_FORCE='' LINES=$2 COLUMNS=$3 "$reader" matrix programs "$matrix"
	rm "$matrix/6.18/state"
}

check "report: matrix: progress: one that waits" ran 0 progress waiting 50 100
check "report: matrix: progress: ... says so" out_has '^ +6\.17 +6\.18 .*$'
check "report: matrix: progress: ... and nothing else" fails out_has FAIL
check "report: matrix: progress: one that runs" ran 0 progress "running $(date +%s)" 50 100
check "report: matrix: progress: ... says how far it is" out_has 'running 1/1'
check "report: matrix: progress: ... has its results" out_has FAIL
check "report: matrix: progress: on a small terminal" ran 0 progress "fetching $(date +%s)" 24 30
check "report: matrix: progress: ... a line for each kernel" out_has '^6\.18 +fetching, [0-9] s$'
check "report: matrix: progress: ... none is too long" fails out_has '.{30}'

check "report: matrix: no directory" ran 2 "$reader" matrix html "$tmp/nowhere"
check "report: matrix: one line about it" one_line
check "report: matrix: unknown format" ran 2 as pdf

# A kernel without results has a grey column with the reason.
grey_column()
{
	grep -q '<th scope="col" class="lost" title="no 6.19.6 for &lt;you&gt;' "$tmp/matrix.html" &&
		grep -q '<td class="lost" aria-label="kernel lost"></td>' "$tmp/matrix.html" &&
		grep -qE '^\.lost \{ .*--dim' <(sed 's/^"//' "$tmp/matrix.html")
}

# matrix_of KERNEL...: a matrix without results
matrix_of()
{
	matrix=$tmp/matrix.$#
	mkdir -p "$matrix"
	for kernel; do
		mkdir -p "$matrix/$kernel"
		echo "there is no $kernel" >"$matrix/$kernel/lost"
		echo "$kernel"
	done >"$matrix/kernels"
}

check "report: matrix: the page: a lost kernel is grey and has its reason" grey_column
matrix_of 6.18 7.3
check "report: matrix: every kernel is lost" ran 0 as table
check "report: matrix: ... each for its reason" out_has '^7\.3: there is no 7\.3$'
check "report: matrix: ... the page has the reason" ran 0 as html
check "report: matrix: ... for each" out_has 'there is no 6\.18</dd>'
check "report: matrix: ... junit is XML" ran 0 as junit
check "report: matrix: ... and counts none" out_has 'name="7\.3" tests="0" failures="0"'
matrix_of "me & you"
check "report: matrix: ... under an odd name" ran 0 as html
check "report: matrix: ... which is a part of an address" out_has \
	'href="#kernel:me%20%26%20you">me &amp; you<.*|id="kernel:me%20%26%20you"'
matrix_of
check "report: matrix: no kernel at all" ran 2 as table
check "report: matrix: one line about it" one_line

page=$tmp/matrix.html
browser='https://git.kernel.org/pub/scm/linux/kernel/git/torvalds/linux.git/commit/?id='

# The page loads nothing else, and each link leads to a part of it or to a commit.
page_is_whole()
{
	! grep -qE '<link|<img|src=|url\(|@import|fetch\(' "$page" ||
		{ echo "it needs something"; return 1; }
	grep -oE 'https?:[^"]*' "$page" | grep -vxE "${browser//\?/\\?}[0-9a-f]{12}" >"$tmp/elsewhere"
	[ ! -s "$tmp/elsewhere" ] || { cat "$tmp/elsewhere"; return 1; }
	comm -23 <(grep -oE 'href="#[^"]*' "$page" | sed 's/href="#//' | sort -u) \
		<(grep -oE ' id="[^"]*' "$page" | sed 's/ id="//' | sort -u) >"$tmp/dangling"
	[ ! -s "$tmp/dangling" ] || { cat "$tmp/dangling"; return 1; }
}

# page_has TEXT [TIMES]
page_has()
{
	local times

	times=$(grep -oF -- "$1" "$page" | wc -l)
	[ "$times" = "${2:-1}" ] || { echo "$times times: $1"; return 1; }
}

# Each commit with a known id is linked; no other has an id.
page_has_every_commit()
{
	local id

	while read -r id; do
		grep -qF "<a href=\"$browser$id\"><code>$id</code></a>" "$page" ||
			{ echo "no link to $id"; return 1; }
	done < <(sed -nE 's/^\t\t\.(commit|series) = "([0-9a-f ]+)",/\2/p' \
		"$here/lib/fixes.c" "$here/report/backports.c" |
		tr ' ' '\n')
	page_has id-unknown 0
}

check "report: matrix: the page is whole" page_is_whole
check "report: matrix: the page: links to every commit" page_has_every_commit
check "report: matrix: the page: a missing fix leads to its commit" page_has \
	"missing fix: <span class=\"fix\"><a href=\"${browser}a72f73c4dd9b\">"
check "report: matrix: the page: a fix without an id has its title" page_has \
	'<dt id="fix:cgroup:%20serialize%20migrations%20of%20newly%20forked%20processes"><span class="fix"><a'
check "report: matrix: the page: a cell is named after its test and kernel" page_has \
	'id="cgroup_rmdir.listed@6.18"'
check "report: matrix: the page: each cell has its invariant" page_has '<p>it is &quot;so&quot; &amp; &lt;not&gt; otherwise</p>' 5
check "report: matrix: the page: a test that did not run has no result" page_has \
	'<td class="none" aria-label="no result">?</td>' 4
check "report: matrix: the page is HTML" ran 0 xmllint --html --noout "$tmp/matrix.html"

# --- What make calls: bad usage is reported before anything is built ---------------

# refuses REASON GOAL [VARIABLE=VALUE...]: with a tree in which nothing builds
refuses()
{
	local reason=$1 goal=$2 lib=$tmp/tree/tools/testing/selftests/lib.mk
	shift 2

	mkdir -p "${lib%/*}" && touch "$lib"
	ran 2 env "$@" KDIR="$tmp/tree" "$here/scripts/report" "$goal" &&
		one_line && err_has "$reason"
}

# made FILE: make verdict of these results
made()
{
	make -C "$here" --no-print-directory verdict FILE="$1"
}

check "report: make verdict: a missing fix is an answer" ran 0 made "$tmp/bad.all"
check "report: make verdict: ... and is printed" first_line "this kernel: 1 of the 2 .*"
check "report: make verdict: incomplete results are no answer" ran 2 made "$tmp/bad"
check "report: scripts/report verdict tells which answer" ran 1 env FILE="$tmp/bad.all" "$here/scripts/report" verdict
check "report: scripts/report verdict: V=1 names the tests" \
	ran 1 env V=1 FILE="$tmp/bad.all" "$here/scripts/report" verdict
check "report: ... of each" out_has "shown by cgroup_rmdir.listed"
check "report: unknown goal" refuses "takes verdict, parse or matrix, not 'frobnicate'" frobnicate
check "report: parse wants FILE" refuses "which results" parse FILE=
check "report: parse: no such file" refuses "nowhere cannot be read" parse FILE="$tmp/nowhere"
check "report: parse: a directory" refuses "is a directory" parse FILE="$tmp"
check "report: verdict: FILE and KERNEL" refuses "not both" verdict FILE="$tmp/good" KERNEL=7.3
check "report: verdict: KERNEL_NAME without FILE" refuses "give FILE=" verdict KERNEL_NAME=7.3
check "report: verdict: KERNEL_NAME" ran 1 env FILE="$tmp/untested" KERNEL_NAME=7.2.7 "$here/scripts/report" verdict
check "report: verdict: ... is the name" first_line "7\.2\.7: .*"
check "report: verdict: an unknown kernel lists the archive's" \
	refuses "no kernel 1.2 in the archive; it has .*7\." verdict KERNEL=1.2
check "report: matrix: an unknown kernel lists the archive's" \
	refuses "no kernel 1.2 in the archive; it has .*7\." matrix KERNELS="newest 1.2"
check "report: matrix: a kernel that is none" refuses "is a" matrix KERNELS=/etc/passwd
check "report: matrix: an unknown test lists the known" \
	refuses "no test nope; known: .*cgroup_rmdir" matrix KERNELS=newest TESTS=nope

exit $check_failed
