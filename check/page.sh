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

make_page()
{
	local matrix=$scratch/matrix kernel

	mkdir "$matrix"
	build_expect "$scratch" && list_tests "$scratch/tests" || return
	for kernel in $("$scratch/expect" -k); do
		mkdir "$matrix/$kernel"
		echo "$kernel" >>"$matrix/kernels"
		saved_results "$kernel" >"$matrix/$kernel/results.ktap"
	done
	# One with truncated results, named after a path, and one that was not run.
	mkdir "$matrix/$truncated" "$matrix/9.9"
	printf '%s\n' "$truncated" 9.9 >>"$matrix/kernels"
	head -n 90 "$matrix/$kernel/results.ktap" >"$matrix/$truncated/results.ktap"
	echo "no kernel 9.9" >"$matrix/9.9/lost"
	"$("$here/report/build")" matrix html "$matrix" >"$scratch/matrix.html"
}

truncated=_home_me_linux_arch_x86_boot_bzImage
page=file://$scratch/matrix.html
deep=cgroup_visibility.task_returned_by_wait_is_not_listed@6.18.15

failed_cell="document.querySelector('td.fail a')"
# The explanation that is shown, if there is one.
shown="[...document.querySelectorAll('td > aside')].filter(panel => panel.offsetHeight > 0)"

fits()
{
	wait_until "document.documentElement.scrollWidth <= window.innerWidth"
}

names_are_whole()
{
	wait_until "inspect.all('tbody th').every(th => th.scrollWidth <= th.clientWidth) &&
		inspect.partsAreWhole(inspect.all('tbody th, thead tr:last-child th'))"
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
		check "page: $name, $scheme: a $pointer on a cell" "$pointer" "$failed_cell"
		check "page: $name, $scheme: ... shows its timeline" explanation_is_shown
		check "page: $name, $scheme: a $pointer on close" \
			"$pointer" "${shown}[0].querySelector('a')"
		check "page: $name, $scheme: ... hides it" nothing_is_shown
		check "page: $name, $scheme: open the address of a cell" \
			visit "$page#$deep" "$2" "$3" "$4" "$scheme"
		check "page: $name, $scheme: ... shows the cell and its timeline" cell_is_linked
	done
	check "page: $name: opens again" visit "$page" "$2" "$3" "$4" light
	check "page: $name: a $pointer on the legend" "$pointer" "document.querySelector('summary')"
	check_page "$name: ... explains all symbols" "inspect.legendIsWhole()"
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
check_page "desktop: the head names a fix in the first column that has it" \
	"inspect.fixInHead('Defer task cgroup unlink', 3) && !inspect.fixInHead('Defer task cgroup unlink', 4)"
check "page: desktop: Enter on a cell" press_enter_on_cell
check "page: desktop: ... shows its timeline" explanation_is_shown
check "page: desktop: Escape" press Escape 27
check "page: desktop: ... hides it" nothing_is_shown
check_page "desktop: ... returns the focus to the cell" "document.activeElement == $failed_cell"
check_filters desktop click
check "page: desktop: the address of a hidden cell" evaluate "location.hash = '$deep'"
check "page: desktop: ... shows it" cell_is_linked
check_pair desktop 1280 800 false
check "page: desktop: two kernels with different fixes" visit \
	"$page#kernel=6.18.15&kernel=7.0.13" 1280 800 false light
check_page "desktop: ... the head names a fix only for the kernel that has it" \
	"inspect.fixInHead('Defer task cgroup unlink', 2) && !inspect.fixInHead('Defer task cgroup unlink', 1)"
check "page: desktop: works without JavaScript" \
	without_script works_without_script 1280 800 false click
check_views phone 390 844 true tap
check_filters phone tap
check_pair phone 390 844 true
check "page: phone: works without JavaScript" without_script works_without_script 390 844 true tap
exit $check_failed
