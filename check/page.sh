#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only
#
# page - the matrix's page in a browser: on a desktop and on a phone, light and dark,
# with a mouse, a finger and a keyboard.

# shellcheck source=check/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=check/page/browser.sh
. "$here/check/page/browser.sh"
make_scratch
trap 'stop_browser; rm -rf "$scratch"' EXIT
trap 'exit 143' HUP INT TERM

# saved_results VERSION: results.ktap of a kernel that says what is expected of it.
saved_results()
{
	"$scratch/expect" "$here/check/expect/rules.txt" "$1" | LC_ALL=C sort | awk '
		BEGIN { print "TAP version 13" }
		{
			split($1, part, ".")
			if (part[1] != program) {
				end()
				program = part[1]
				print "# selftests: task_exit: " program
				n = 0
			}
			result($1, $2)
		}
		END { end(); print "1.." programs }

		function end() {
			if (program)
				print "ok " ++programs " selftests: task_exit: " program
		}
		function result(name, verdict) {
			if (verdict == "pass" || verdict == "skip" || verdict == "xfail") {
				print "# ok " ++n " " name (verdict == "pass" ? "" : " # " toupper(verdict) " so it is")
				return
			}
			print "# # broken: it is not so"
			print "# # timeline, in milliseconds:"
			print "# #     101.648  test         what " name " saw"
			print "# # missing fix: " verdict " (\"a title\"), released in 7.0"
			print "# not ok " ++n " " name " #  it is not so"
		}'
}

make_page()
{
	local matrix=$scratch/matrix kernel

	mkdir "$matrix"
	build_expect "$scratch" || return
	for kernel in $("$scratch/expect" -k); do
		mkdir "$matrix/$kernel"
		echo "$kernel" >>"$matrix/kernels"
		saved_results "$kernel" >"$matrix/$kernel/results.ktap"
	done
	"$installed/task_exit/task_exit_matrix" html "$matrix" >"$scratch/matrix.html"
}

fails="document.querySelector('td.fail a')"
# The explanation that is to be seen, if there is one.
shown="[...document.querySelectorAll('.panel')].filter(panel => panel.offsetHeight > 0)"

fits()
{
	becomes "document.documentElement.scrollWidth <= window.innerWidth"
}

names_are_whole()
{
	becomes "[...document.querySelectorAll('tbody th')].every(th => th.scrollWidth <= th.clientWidth)"
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
		'#' + panels[0].id == $fails.getAttribute('href') &&
		panels[0].innerText.includes('101.648  test         what ' +
			$fails.closest('tr').querySelector('th').title + ' saw') &&
		panels[0].scrollWidth <= panels[0].clientWidth &&
		panels[0].getBoundingClientRect().top >= 0 &&
		panels[0].getBoundingClientRect().bottom <= window.innerHeight)($shown)"
}

nothing_is_shown()
{
	becomes "${shown}.length == 0"
}

# see_page NAME WIDTH HEIGHT MOBILE POINTER
see_page()
{
	local name=$1 pointer=$5 scheme

	for scheme in light dark; do
		check "page: $name, $scheme: opens" open_page "file://$scratch/matrix.html" \
			"$2" "$3" "$4" "$scheme"
		check "page: $name, $scheme: has the scheme's colours" is_of_scheme "$scheme"
		check "page: $name, $scheme: is no wider than the window" fits
		check "page: $name, $scheme: has every test's whole name" names_are_whole
		check "page: $name, $scheme: explains nothing unasked" nothing_is_shown
		check "page: $name, $scheme: a $pointer on a cell" "$pointer" "$fails"
		check "page: $name, $scheme: ... shows its timeline" explanation_is_shown
		check "page: $name, $scheme: a $pointer on close" "$pointer" "${shown}[0].querySelector('.close')"
		check "page: $name, $scheme: ... hides it" nothing_is_shown
	done
}

press_enter_on_cell()
{
	see "$fails.focus()" && press Enter 13 '\r'
}

installed=$("$here/scripts/build" 2>"$scratch/log") || {
	not_ok "page: builds"
	details "$scratch/log"
	exit 1
}
check "page: is made" make_page
if ! start_browser "$scratch" >"$scratch/said"; then
	not_ok "page: Chromium starts"
	details "$scratch/said"
	details "$scratch/log"
	exit 1
fi
see_page desktop 1280 800 false click
check "page: desktop: Enter on a cell" press_enter_on_cell
check "page: desktop: ... shows its timeline" explanation_is_shown
see_page phone 390 844 true tap
exit $check_failed
