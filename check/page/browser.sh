# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash disable=SC2034,SC2154
#
# browser - controls a headless Chromium with the input of a user: window size, mouse, touch
# and keyboard. Commands and answers are JSON messages, each terminated by a NUL, on a pair of
# pipes (--remote-debugging-pipe).

# Timeouts for an answer, and for a change of the page; in seconds.
answer_timeout=60
page_timeout=20

# Not Debian's wrapper script, which does not forward signals.
browser=/usr/lib/chromium/chromium-headless-shell
message_id=0
browser_pid=
session=

# start_browser DIR: DIR is for the files of the browser
start_browser()
{
	local dir=$1

	mkfifo "$dir/to" "$dir/from"
	exec {to_browser}<>"$dir/to" {from_browser}<>"$dir/from"
	HOME=$dir setpriv --pdeathsig KILL "$browser" --no-sandbox --disable-gpu \
		--user-data-dir="$dir/profile" --remote-debugging-pipe about:blank \
		3<"$dir/to" 4>"$dir/from" </dev/null >"$dir/log" 2>&1 &
	browser_pid=$!
	send_command Target.createTarget '{"url": "about:blank"}' &&
		send_command Target.attachToTarget \
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

# send_command METHOD [PARAMETERS]: sets answer; ignores events
send_command()
{
	local message params=${2:-"{}"}

	message_id=$((message_id + 1))
	printf '{"id":%d,"method":"%s","params":%s%s}\0' "$message_id" "$1" "$params" \
		"${session:+,\"sessionId\":\"$session\"}" >&"$to_browser"
	while IFS= read -r -d '' -t "$answer_timeout" -u "$from_browser" message; do
		[[ $message = "{\"id\":$message_id,"* ]] || continue
		answer=$(jq -ce .result <<<"$message") && return
		jq -c .error <<<"$message"
		return 1
	done
	echo "the browser does not answer $1"
	return 1
}

# evaluate EXPRESSION: sets answer to its value in the page; waits for a promise
evaluate()
{
	send_command Runtime.evaluate "$(jq -cn --arg expression "$1" \
		'{$expression, returnByValue: true, awaitPromise: true}')" || return
	answer=$(jq -r '.exceptionDetails.exception.description // .result.value' <<<"$answer")
}

# wait_until EXPRESSION: fails if it does not become true in time. Polls from here: without
# JavaScript the page has no timers.
wait_until()
{
	local end=$((SECONDS + page_timeout))

	while evaluate "Boolean($1)" || return; [ "$answer" != true ]; do
		[ "$SECONDS" -lt "$end" ] || { echo "it is $answer: $1"; return 1; }
		sleep 0.05
	done
}

# open_page ADDRESS WIDTH HEIGHT MOBILE SCHEME
open_page()
{
	send_command Emulation.setDeviceMetricsOverride \
		"{\"width\": $2, \"height\": $3, \"deviceScaleFactor\": 1, \"mobile\": $4}" &&
		send_command Emulation.setTouchEmulationEnabled "{\"enabled\": $4}" &&
		send_command Emulation.setEmulatedMedia \
			"{\"features\": [{\"name\": \"prefers-color-scheme\", \"value\": \"$5\"}]}" &&
		send_command Page.navigate "{\"url\": \"$1\"}" &&
		wait_until "location.href == '$1' && document.readyState == 'complete'"
}

# find_element EXPRESSION: sets point to the centre of the element; fails if that is covered
find_element()
{
	evaluate "(() => {
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
	send_command Input.dispatchMouseEvent \
		"{\"type\": \"mousePressed\", \"button\": \"left\", \"clickCount\": 1, $point}" &&
		send_command Input.dispatchMouseEvent \
			"{\"type\": \"mouseReleased\", \"button\": \"left\", \"clickCount\": 1, $point}"
}

tap()
{
	find_element "$1" &&
		send_command Input.dispatchTouchEvent "{\"type\": \"touchStart\", \"touchPoints\": [{$point}]}" &&
		send_command Input.dispatchTouchEvent '{"type": "touchEnd", "touchPoints": []}'
}

# press KEY CODE [TEXT]
press()
{
	local type

	for type in rawKeyDown char keyUp; do
		send_command Input.dispatchKeyEvent "{\"type\": \"$type\", \"key\": \"$1\", \
			\"windowsVirtualKeyCode\": $2, \"text\": \"${3:-}\"}" || return
	done
}
