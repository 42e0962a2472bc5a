# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# browser - drives a headless Chromium as a person would: a window of some size, a
# mouse or a finger, a keyboard. It is told what to do over a pair of pipes
# (--remote-debugging-pipe), in messages of JSON that a NUL ends.

# Of an answer, and of what a page is to become; in seconds.
browser_patience=60
page_patience=20

# What Debian's shell script starts: a signal to the script would stay there.
browser=/usr/lib/chromium/chromium-headless-shell
message_id=0
browser_pid=
session=

# start_browser DIR: what it writes goes there.
start_browser()
{
	local dir=$1

	mkfifo "$dir/to" "$dir/from"
	exec {to_browser}<>"$dir/to" {from_browser}<>"$dir/from"
	HOME=$dir setpriv --pdeathsig KILL "$browser" --no-sandbox --disable-gpu \
		--user-data-dir="$dir/profile" --remote-debugging-pipe about:blank \
		3<"$dir/to" 4>"$dir/from" </dev/null >"$dir/log" 2>&1 &
	browser_pid=$!
	tell Target.createTarget '{"url": "about:blank"}' &&
		tell Target.attachToTarget \
			"$(jq -c '{targetId, flatten: true}' <<<"$answer")" &&
		session=$(jq -r .sessionId <<<"$answer")
}

stop_browser()
{
	[ -n "$browser_pid" ] || return 0
	kill -KILL "$browser_pid" 2>/dev/null
	wait "$browser_pid" 2>/dev/null
	browser_pid=
}

# tell METHOD [PARAMETERS]: sets answer. Events are of no interest.
tell()
{
	local message params=${2:-"{}"}

	message_id=$((message_id + 1))
	printf '{"id":%d,"method":"%s","params":%s%s}\0' "$message_id" "$1" "$params" \
		"${session:+,\"sessionId\":\"$session\"}" >&"$to_browser"
	while IFS= read -r -d '' -t "$browser_patience" -u "$from_browser" message; do
		[[ $message = "{\"id\":$message_id,"* ]] || continue
		answer=$(jq -ce .result <<<"$message") && return
		jq -c .error <<<"$message"
		return 1
	done
	echo "the browser does not answer $1"
	return 1
}

# see EXPRESSION: sets answer to what the page makes of it, waiting for a promise.
see()
{
	tell Runtime.evaluate "$(jq -cn --arg expression "$1" \
		'{$expression, returnByValue: true, awaitPromise: true}')" || return
	answer=$(jq -r '.exceptionDetails.exception.description // .result.value' <<<"$answer")
}

# becomes EXPRESSION: whether it is true, now or soon. The page may have no script, and
# so no timer: it is asked again from here.
becomes()
{
	local end=$((SECONDS + page_patience))

	while see "Boolean($1)" || return; [ "$answer" != true ]; do
		[ "$SECONDS" -lt "$end" ] || { echo "it is $answer: $1"; return 1; }
		sleep 0.05
	done
}

# open_page ADDRESS WIDTH HEIGHT MOBILE SCHEME
open_page()
{
	tell Emulation.setDeviceMetricsOverride \
		"{\"width\": $2, \"height\": $3, \"deviceScaleFactor\": 1, \"mobile\": $4}" &&
		tell Emulation.setTouchEmulationEnabled "{\"enabled\": $4}" &&
		tell Emulation.setEmulatedMedia \
			"{\"features\": [{\"name\": \"prefers-color-scheme\", \"value\": \"$5\"}]}" &&
		tell Page.navigate "{\"url\": \"$1\"}" &&
		becomes "location.href == '$1' && document.readyState == 'complete'"
}

# Sets point to where the middle of an element is, which must not be covered.
find_element()
{
	see "(() => {
		const element = $1;
		element.scrollIntoView({ block: 'center', inline: 'center' });
		const box = element.getBoundingClientRect();
		const x = box.x + box.width / 2, y = box.y + box.height / 2;
		const top = document.elementFromPoint(x, y);
		return element.contains(top) ? '\"x\": ' + x + ', \"y\": ' + y : 'covered';
	})()" || return
	point=$answer
	[[ $point = *x*y* ]] || { echo "$1: $point"; return 1; }
}

click()
{
	find_element "$1" || return
	tell Input.dispatchMouseEvent \
		"{\"type\": \"mousePressed\", \"button\": \"left\", \"clickCount\": 1, $point}" &&
		tell Input.dispatchMouseEvent \
			"{\"type\": \"mouseReleased\", \"button\": \"left\", \"clickCount\": 1, $point}"
}

tap()
{
	find_element "$1" &&
		tell Input.dispatchTouchEvent "{\"type\": \"touchStart\", \"touchPoints\": [{$point}]}" &&
		tell Input.dispatchTouchEvent '{"type": "touchEnd", "touchPoints": []}'
}

# press KEY CODE
press()
{
	local type

	for type in rawKeyDown char keyUp; do
		tell Input.dispatchKeyEvent "{\"type\": \"$type\", \"key\": \"$1\", \
			\"windowsVirtualKeyCode\": $2, \"text\": \"${3:-}\"}" || return
	done
}
