#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# page - the matrix's page in a browser: on a desktop and on a phone, light and dark,
# with a mouse, a finger and a keyboard, and without its script.

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
			$2 ~ /^(pass|skip|xfail)$/ {
				print $1, $2, "-", "-", $2 == "pass" ? "-" : "so it is"
				next
			}
			{ print $1, "fail", "-", $2 " (\"a title\"), released in 7.0", "-" }' |
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
	# One that is cut off, under the name of a path, and one that is lost.
	mkdir "$matrix/$cut" "$matrix/9.9"
	printf '%s\n' "$cut" 9.9 >>"$matrix/kernels"
	head -n 90 "$matrix/$kernel/results.ktap" >"$matrix/$cut/results.ktap"
	echo "nobody has 9.9" >"$matrix/9.9/lost"
	"$("$here/report/build")" matrix html "$matrix" >"$scratch/matrix.html"
}

cut=_home_me_linux_arch_x86_boot_bzImage
page=file://$scratch/matrix.html
deep=cgroup_visibility.waited_for_task_is_not_listed@6.18.15

fails="document.querySelector('td.fail a')"
# The explanation that is to be seen, if there is one.
shown="[...document.querySelectorAll('td > aside')].filter(panel => panel.offsetHeight > 0)"

fits()
{
	becomes "document.documentElement.scrollWidth <= window.innerWidth"
}

names_are_whole()
{
	becomes "seen.all('tbody th').every(th => th.scrollWidth <= th.clientWidth) &&
		seen.partsAreWhole(seen.all('tbody th, thead tr:last-child th'))"
}

# The sum of red, green and blue is 765 in white.
is_of_scheme()
{
	becomes "((sum) => '$1' == 'light' ? sum > 600 : sum < 150)(
		getComputedStyle(document.body).backgroundColor.match(/\d+/g)
			.reduce((sum, part) => sum + Number(part), 0))"
}

# The cell's own, whole and within the window, and with what its test saw.
explanation_is_shown()
{
	becomes "((panels) => panels.length == 1 &&
		'#' + panels[0].closest('td').id == $fails.getAttribute('href') &&
		panels[0].innerText.includes('101.648  test         what ' +
			$fails.closest('tr').querySelector('th').title + ' saw') &&
		panels[0].scrollWidth <= panels[0].clientWidth &&
		seen.partsAreWhole([panels[0].querySelector('h2')]) &&
		panels[0].getBoundingClientRect().top >= 0 &&
		panels[0].getBoundingClientRect().bottom <= window.innerHeight)($shown)"
}

nothing_is_shown()
{
	becomes "${shown}.length == 0"
}

# visit ADDRESS WIDTH HEIGHT MOBILE SCHEME: from elsewhere, as one who was sent it
visit()
{
	tell Page.navigate '{"url": "about:blank"}' && open_page "$@" &&
		see "$(<"$here/check/page/seen.js")"
}

cell_is_linked()
{
	becomes "seen.cellIsMarked() && ${shown}.length == 1 && seen.linked().contains(${shown}[0])"
}

# sees NAME EXPRESSION
sees()
{
	check "page: $1" becomes "$2"
}

# see_filters NAME POINTER: the rows that the checkboxes leave
see_filters()
{
	local name=$1 pointer=$2

	check "page: $name: only failures" "$pointer" "document.querySelector('#failures')"
	sees "$name: ... leaves them" "seen.rowsAre(seen.fails)"
	check "page: $name: and only changes" "$pointer" "document.querySelector('#changes')"
	sees "$name: ... leaves what is both" \
		"seen.rowsAre(row => seen.fails(row) && seen.differs(row))"
	check "page: $name: and all failures again" "$pointer" "document.querySelector('#failures')"
	sees "$name: ... leaves the changes" "seen.rowsAre(seen.differs)"
}

# select NUMBER KERNEL: in the first list of kernels, or in the second
select_kernel()
{
	see "(list => {
		list.value = '$2';
		list.dispatchEvent(new Event('change', { bubbles: true }));
	})(seen.all('select')[$1])"
}

# see_pair NAME WIDTH HEIGHT MOBILE: two kernels side by side, here and where it is sent to
see_pair()
{
	local name=$1 pair="seen.kernels().join(' ') == '6.18.15 7.0.13' && seen.rowsAre(seen.differs)"
	shift

	check "page: $name: a kernel beside the newest" select_kernel 0 7.0.13
	sees "$name: ... shows these two" "seen.kernels().join(' ') == '7.0.13 $cut'"
	check "page: $name: beside another" select_kernel 1 6.18.15
	sees "$name: ... shows the rows in which they differ" "$pair"
	sees "$name: ... and their number" "document.querySelector('#count').innerText == seen.counts()"
	see location.href
	check "page: $name: its address is sent" visit "$answer" "$@" light
	sees "$name: ... and shows the same" "$pair"
	check "page: $name: a kernel that is not there" visit \
		"$page#kernel=6.18.15&kernel=1.2" "$@" light
	sees "$name: ... is told, and all are shown" \
		"/no kernel 1\.2/.test(document.querySelector('#count').innerText) && seen.rowsAre(() => true)"
	check "page: $name: two kernels that do the same" visit \
		"$page#kernel=6.16.12&kernel=6.17.13&only=changes" "$@" light
	sees "$name: ... leave nothing, and it says so" "seen.rowsAre(() => false)"
}

# without_script COMMAND...
without_script()
{
	local status=0

	tell Emulation.setScriptExecutionDisabled '{"value": true}' || return
	"$@" || status=$?
	tell Emulation.setScriptExecutionDisabled '{"value": false}' || return
	return "$status"
}

# see_without_script WIDTH HEIGHT MOBILE POINTER: a deep link, and the checkboxes
see_without_script()
{
	visit "$page#$deep" "$1" "$2" "$3" light && cell_is_linked &&
		visit "$page" "$1" "$2" "$3" light &&
		becomes "!seen.all('select').some(seen.isShown)" &&
		"$4" "document.querySelector('#failures')" && becomes "seen.rowsAre(seen.fails)" &&
		"$4" "$fails" && explanation_is_shown &&
		"$4" "${shown}[0].querySelector('a')" && nothing_is_shown
}

# see_page NAME WIDTH HEIGHT MOBILE POINTER
see_page()
{
	local name=$1 pointer=$5 scheme

	for scheme in light dark; do
		check "page: $name, $scheme: opens" visit "$page" "$2" "$3" "$4" "$scheme"
		check "page: $name, $scheme: has the scheme's colours" is_of_scheme "$scheme"
		check "page: $name, $scheme: is no wider than the window" fits
		check "page: $name, $scheme: has every test's whole name" names_are_whole
		check "page: $name, $scheme: explains nothing unasked" nothing_is_shown
		check "page: $name, $scheme: a $pointer on a cell" "$pointer" "$fails"
		check "page: $name, $scheme: ... shows its timeline" explanation_is_shown
		check "page: $name, $scheme: a $pointer on close" "$pointer" "${shown}[0].querySelector('a')"
		check "page: $name, $scheme: ... hides it" nothing_is_shown
		check "page: $name, $scheme: a cell's address is sent" \
			visit "$page#$deep" "$2" "$3" "$4" "$scheme"
		check "page: $name, $scheme: ... shows the cell and its timeline" cell_is_linked
	done
	check "page: $name: opens again" visit "$page" "$2" "$3" "$4" light
	check "page: $name: a $pointer on the legend" "$pointer" "document.querySelector('summary')"
	sees "$name: ... explains every sign" "seen.legendIsWhole()"
}

press_enter_on_cell()
{
	see "$fails.focus()" && press Enter 13 '\r'
}

check "page: is made" make_page
if ! start_browser "$scratch" >"$scratch/said"; then
	not_ok "page: Chromium starts"
	details "$scratch/said"
	details "$scratch/log"
	exit 1
fi
see_page desktop 1280 800 false click
sees "desktop: a fix has its title where it arrives" \
	"seen.fixInHead('Defer task cgroup unlink', 3) && !seen.fixInHead('Defer task cgroup unlink', 4)"
check "page: desktop: Enter on a cell" press_enter_on_cell
check "page: desktop: ... shows its timeline" explanation_is_shown
check "page: desktop: Escape" press Escape 27
check "page: desktop: ... hides it" nothing_is_shown
sees "desktop: ... and is back on the cell" "document.activeElement == $fails"
see_filters desktop click
check "page: desktop: the address of a cell that is not shown" see "location.hash = '$deep'"
check "page: desktop: ... shows it" cell_is_linked
see_pair desktop 1280 800 false
check "page: desktop: the fixes of two kernels" visit \
	"$page#kernel=6.18.15&kernel=7.0.13" 1280 800 false light
sees "desktop: ... are with the one that has them" \
	"seen.fixInHead('Defer task cgroup unlink', 2) && !seen.fixInHead('Defer task cgroup unlink', 1)"
check "page: desktop: without its script" without_script see_without_script 1280 800 false click
see_page phone 390 844 true tap
see_filters phone tap
see_pair phone 390 844 true
check "page: phone: without its script" without_script see_without_script 390 844 true tap
exit $check_failed
