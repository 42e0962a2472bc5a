#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# page - checks the matrix's page in a browser: desktop and phone, light and dark, with mouse,
# touch and keyboard, and without JavaScript.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=check/page/browser.sh
. "$here/check/page/browser.sh"
# shellcheck source=check/expect/ktap.sh
. "$here/check/expect/ktap.sh"
make_scratch
trap 'stop_browser; rm -rf "$scratch"' EXIT
trap 'exit 143' HUP INT TERM

# saved_results VERSION: results.ktap of a kernel with the expected verdicts
saved_results()
{
	"$scratch/expect" "$here/check/expect/rules.txt" "$scratch/tests" "$1" | sort |
		awk -v OFS='\t' '
			NR == FNR {
				split($0, field, "\t")
				guards[field[1]] = field[2] == "" ? "-" : field[2]
				next
			}
			$2 ~ /^(pass|skip|xfail)$/ {
				print $1, $2, guards[$1], "-", $2 == "pass" ? "-" : "so it is"
				next
			}
			{
				test = $1
				sub(/^[^ ]* /, "")
				print test, "fail", guards[test], $0 " (\"a title\"), released in 7.0", "-"
			}' "$scratch/tests" - |
		ktap
}

# A failure with two contradicting events, a long wait, and many events that are alike.
timeline()
{
	cat <<-EOF
		# #     200.000  cgroup_init  of c (cgroup 6560)
		# #     215.027  init_task    of the task (pid 771) in c, at fork
		# #     220.488  test         task 771 exits and is held in zap_pid_ns_processes()
		# #     223.829  test         rmdir c: done
		# # A   267.839  cgroup_exit  of c (cgroup 6560, offline)
	EOF
	seq -f '# #   %9.3f  set_weight   of the task (pid 771, exiting)' 270.5 310.5
	seq -f '# #   %9.3f  test         step of a test with many steps, number %.0f' 311.5 351.5
	cat <<-EOF
		# #   20271.135  test         task 771 is released
		# # A 20343.661  exit_task    of the task (pid 771, exiting)
		# #   20390.000  disabling    the test disables the scheduler
		# #   20401.000  disabled     the scheduler is disabled
		# #   20401.500  test         FAILURE: the task is <gone> & "lost"
	EOF
}

# with_timeline TEST: adds it to the failure of this test
with_timeline()
{
	timeline >"$scratch/timeline"
	sed "/ a step of $1\$/r $scratch/timeline"
}

make_page()
{
	local matrix=$scratch/matrix kernel

	mkdir "$matrix"
	build_expect "$scratch" && list_tests "$scratch/tests" || return
	for kernel in $("$scratch/expect" -k); do
		mkdir "$matrix/$kernel"
		echo "$kernel" | tee "$matrix/$kernel/release" >>"$matrix/kernels"
		saved_results "$kernel" | with_timeline "$drawn" >"$matrix/$kernel/results.ktap"
	done
	# One that claims more fixes than it has.
	mkdir "$matrix/vendor"
	echo vendor >>"$matrix/kernels"
	echo 7.0.13 >"$matrix/vendor/release"
	cp "$matrix/6.18.15/results.ktap" "$matrix/vendor/results.ktap"
	# One with truncated results, named after a path, and one that was not run.
	mkdir "$matrix/$truncated" "$matrix/9.9"
	echo 7.0.13 >"$matrix/$truncated/release"
	printf '%s\n' "$truncated" 9.9 >>"$matrix/kernels"
	head -n 90 "$matrix/$kernel/results.ktap" >"$matrix/$truncated/results.ktap"
	echo "no kernel 9.9" >"$matrix/9.9/lost"
	"$("$here/report/build")" matrix html "$matrix" >"$scratch/matrix.html"
}

truncated=_home_me_linux_arch_x86_boot_bzImage
page=file://$scratch/matrix.html
deep=cgroup_visibility.task_returned_by_wait_is_not_listed@6.18.15
drawn=scx_exit_order.exit_task_of_an_exiting_task
unlink="Defer task cgroup unlink"

failed_cell="document.querySelector('td.fail a')"
# The explanation that is shown, if there is one.
shown="[...document.querySelectorAll('td > aside')].filter(panel => panel.offsetHeight > 0)"

fits()
{
	wait_until "document.documentElement.scrollWidth <= window.innerWidth"
}

names_are_whole()
{
	wait_until "(heads => heads.length > 50 && heads.every(th => th.scrollWidth <= th.clientWidth) &&
		inspect.partsAreWhole(heads))(inspect.all('tbody th, thead th').filter(inspect.isShown))"
}

# has_scheme light|dark: the sum of red, green and blue is 765 for white
has_scheme()
{
	wait_until "((sum) => '$1' == 'light' ? sum > 600 : sum < 150)(
		getComputedStyle(document.body).backgroundColor.match(/\d+/g)
			.reduce((sum, part) => sum + Number(part), 0))"
}

# Whether the cell's explanation is shown, complete and inside the window, with the timeline.
explanation_is_shown()
{
	wait_until "((panels) => panels.length == 1 &&
		'#' + panels[0].closest('td').id == $failed_cell.getAttribute('href') &&
		panels[0].innerText.includes('101.648  test         a step of ' +
			$failed_cell.closest('tr').querySelector('th').title) &&
		panels[0].scrollWidth <= panels[0].clientWidth &&
		inspect.partsAreWhole([panels[0].querySelector('h2')]) &&
		panels[0].getBoundingClientRect().top >= 0 &&
		panels[0].getBoundingClientRect().bottom <= window.innerHeight)($shown)"
}

nothing_is_shown()
{
	wait_until "${shown}.length == 0"
}

# The page's numbers of missing fixes are those of the verdict.
counts_are_right()
{
	local kernel expected=

	for kernel in $(<"$scratch/matrix/kernels"); do
		[ "$kernel" != 9.9 ] || continue
		"$("$here/report/build")" verdict <"$scratch/matrix/$kernel/results.ktap" 2>/dev/null >"$scratch/verdict"
		expected+=$(sed -nE '1s/^this kernel: ((at least )?[0-9]+|none|no answer).*/\1/p' "$scratch/verdict" |
			sed 's/at least/≥/; s/none/0/; s/no answer/?/'),
	done
	wait_until "inspect.missingCounts().filter(Boolean).join() + ',' == '$expected'"
}

# The explanation of the failure with the long timeline, and its drawing.
drawing_is_right()
{
	wait_until "${shown}.length == 1 && inspect.isShown(inspect.image())" &&
		wait_until "inspect.laneNames().join() ==
			'the task pid 771,cgroup c,scheduler,test,time in ms'" &&
		wait_until "inspect.drawingIsLegible()" &&
		wait_until "inspect.timeRunsRight()" &&
		wait_until "inspect.lineJoins('A')" &&
		wait_until "inspect.barIsBetween('held in', 'is released')" &&
		wait_until "inspect.drawingHasContrast()" &&
		wait_until "inspect.image().clientWidth < 2000" &&
		wait_until "/A: cgroup c: cgroup_exit at 267.8 ms contradicts the task, 771: exit_task at 20343.7 ms/
			.test(inspect.description())" &&
		wait_until "inspect.image().textContent.includes('the task is <gone> & \"lost\"')" &&
		wait_until "${shown}[0].scrollWidth <= ${shown}[0].clientWidth"
}

# unfold POINTER: the tests with the same verdict on all kernels
unfold()
{
	"$1" "inspect.all('summary').find(one => /same verdict/.test(one.innerText))"
}

# visit ADDRESS WIDTH HEIGHT MOBILE SCHEME: opens the address in a new page
visit()
{
	send_command Page.navigate '{"url": "about:blank"}' && open_page "$@" &&
		evaluate "$(<"$here/check/page/inspect.js")"
}

cell_is_linked()
{
	wait_until "inspect.cellIsMarked() && ${shown}.length == 1 && inspect.linked().contains(${shown}[0])"
}

# check_page NAME EXPRESSION: the expression becomes true
check_page()
{
	check "page: $1" wait_until "$2"
}

# check_filters NAME POINTER: the checkboxes, which hide rows
check_filters()
{
	local name=$1 pointer=$2

	check "page: $name: check \"only failures\"" \
		"$pointer" "document.querySelector('#failures')"
	check_page "$name: ... shows only failures" "inspect.rowsAre(inspect.fails)"
	check "page: $name: also check \"only changes\"" \
		"$pointer" "document.querySelector('#changes')"
	check_page "$name: ... shows only rows that are both" \
		"inspect.rowsAre(row => inspect.fails(row) && inspect.differs(row))"
	check "page: $name: uncheck \"only failures\"" \
		"$pointer" "document.querySelector('#failures')"
	check_page "$name: ... shows only changes" "inspect.rowsAre(inspect.differs)"
}

# select_kernel LIST KERNEL: LIST is 0 for the first list of kernels, 1 for the second
select_kernel()
{
	evaluate "(list => {
		list.value = '$2';
		list.dispatchEvent(new Event('change', { bubbles: true }));
	})(inspect.all('select')[$1])"
}

# check_pair NAME WIDTH HEIGHT MOBILE: two kernels side by side, selected and by address
check_pair()
{
	local name=$1 pair="inspect.kernels().join(' ') == '6.18.15 7.0.13' && inspect.rowsAre(inspect.differs)"
	shift

	check "page: $name: select a kernel to compare with the newest" select_kernel 0 7.0.13
	check_page "$name: ... shows both" "inspect.kernels().join(' ') == '7.0.13 $truncated'"
	check "page: $name: select the other kernel" select_kernel 1 6.18.15
	check_page "$name: ... shows the rows that differ" "$pair"
	check_page "$name: ... and the fixes that differ" "inspect.fixesDiffer() &&
		inspect.fixState('$unlink', '6.18.15') == 'missing' && inspect.fixState('$unlink', '7.0.13') == 'present'"
	check_page "$name: ... and the number of rows" \
		"document.querySelector('#count').innerText == inspect.counts()"
	evaluate location.href
	check "page: $name: open the address of that" visit "$answer" "$@" light
	check_page "$name: ... shows the same" "$pair"
	check "page: $name: an address with an unknown kernel" visit \
		"$page#kernel=6.18.15&kernel=1.2" "$@" light
	check_page "$name: ... shows a message and all rows" \
		"/no kernel 1\.2/.test(document.querySelector('#count').innerText) && inspect.rowsAre(() => true)"
	check "page: $name: two kernels with the same results" visit \
		"$page#kernel=6.16.12&kernel=6.17.13&only=changes" "$@" light
	check_page "$name: ... shows no rows, and says so" "inspect.rowsAre(() => false)"
}

# without_script COMMAND...
without_script()
{
	local status=0

	send_command Emulation.setScriptExecutionDisabled '{"value": true}' || return
	"$@" || status=$?
	send_command Emulation.setScriptExecutionDisabled '{"value": false}' || return
	return "$status"
}

# works_without_script WIDTH HEIGHT MOBILE POINTER: the link to a cell, and the checkboxes
works_without_script()
{
	visit "$page#$deep" "$1" "$2" "$3" light && cell_is_linked &&
		visit "$page#$drawn@6.18.15" "$1" "$2" "$3" light && drawing_is_right &&
		visit "$page" "$1" "$2" "$3" light && wait_until "inspect.rowsAre(() => true)" &&
		unfold "$4" && wait_until "inspect.rows().every(inspect.isShown)" &&
		visit "$page" "$1" "$2" "$3" light &&
		wait_until "!inspect.all('select').some(inspect.isShown)" &&
		"$4" "document.querySelector('#failures')" && wait_until "inspect.rowsAre(inspect.fails)" &&
		"$4" "$failed_cell" && explanation_is_shown &&
		"$4" "${shown}[0].querySelector('a')" && nothing_is_shown
}

# check_views NAME WIDTH HEIGHT MOBILE POINTER
check_views()
{
	local name=$1 pointer=$5 scheme

	for scheme in light dark; do
		check "page: $name, $scheme: opens" visit "$page" "$2" "$3" "$4" "$scheme"
		check "page: $name, $scheme: has the colours of the scheme" has_scheme "$scheme"
		check "page: $name, $scheme: is not wider than the window" fits
		check "page: $name, $scheme: shows the whole name of every test" names_are_whole
		check "page: $name, $scheme: shows no explanation at first" nothing_is_shown
		check_page "$name, $scheme: shows the rows that fail or differ" "inspect.rowsAre(() => true)"
		check "page: $name, $scheme: a $pointer on a cell" "$pointer" "$failed_cell"
		check "page: $name, $scheme: ... shows its timeline" explanation_is_shown
		check "page: $name, $scheme: a $pointer on close" \
			"$pointer" "${shown}[0].querySelector('a')"
		check "page: $name, $scheme: ... hides it" nothing_is_shown
		check "page: $name, $scheme: open the address of a cell" \
			visit "$page#$deep" "$2" "$3" "$4" "$scheme"
		check "page: $name, $scheme: ... shows the cell and its timeline" cell_is_linked
		check "page: $name, $scheme: open the address of a long failure" \
			visit "$page#$drawn@6.18.15" "$2" "$3" "$4" "$scheme"
		check "page: $name, $scheme: ... shows its drawing" drawing_is_right
	done
	check "page: $name: opens again" visit "$page" "$2" "$3" "$4" light
	check "page: $name: a $pointer on the legend" "$pointer" "document.querySelector('summary')"
	check_page "$name: ... explains all symbols" "inspect.legendIsWhole()"
	check_page "$name: the tests that fail come first" "inspect.failuresComeFirst()"
	check "page: $name: a $pointer on the folded tests" unfold "$pointer"
	check_page "$name: ... shows all tests" "inspect.rowsAre(() => true) && inspect.rows().every(inspect.isShown)"
	check "page: $name: ... with their whole names" names_are_whole
}

press_enter_on_cell()
{
	evaluate "$failed_cell.focus()" && press Enter 13 '\r'
}

check "page: make the page" make_page
if ! start_browser "$scratch" >"$scratch/said"; then
	not_ok "page: Chromium starts"
	details "$scratch/said"
	details "$scratch/log"
	exit 1
fi
check_views desktop 1280 800 false click
check_page "desktop: begins with the fixes" \
	"inspect.fixState('$unlink', '6.18.15') == 'missing' && inspect.fixState('$unlink', '7.0.13') == 'present' &&
		inspect.fixState('$unlink', '9.9') == 'kernel lost'"
check_page "desktop: ... a fix that the version claims, and that is missing" \
	"inspect.fixState('$unlink', 'vendor') == 'missing claimed'"
check_page "desktop: ... a fix that the version claims, and no result shows" \
	"inspect.fixState('$unlink', '$truncated') == 'cannot tell claimed'"
check "page: desktop: ... and their number is the verdict's" counts_are_right
check "page: desktop: Enter on a cell" press_enter_on_cell
check "page: desktop: ... shows its timeline" explanation_is_shown
check "page: desktop: Escape" press Escape 27
check "page: desktop: ... hides it" nothing_is_shown
check_page "desktop: ... returns the focus to the cell" "document.activeElement == $failed_cell"
check_filters desktop click
check "page: desktop: the address of a hidden cell" evaluate "location.hash = '$deep'"
check "page: desktop: ... shows it" cell_is_linked
check_pair desktop 1280 800 false
check "page: desktop: works without JavaScript" \
	without_script works_without_script 1280 800 false click
check_views phone 390 844 true tap
check_filters phone tap
check_pair phone 390 844 true
check "page: phone: works without JavaScript" without_script works_without_script 390 844 true tap
exit $check_failed
