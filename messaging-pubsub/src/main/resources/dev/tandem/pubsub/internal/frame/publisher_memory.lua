-- What a channel remembers of its publishers' last calls, so that each is executed once, however
-- often it is sent: functions only, to be joined behind append_frame.lua.
--
-- A publisher's calls bear rising numbers. What is remembered of them is a text, the publisher and
-- answers, newest first: 'publisher number epoch version receivers;number epoch version…;'. The last
-- call is there, and with it those before whose replies the publisher did not have when it sent
-- that one. It stands in meta as 'calls' while no other publisher appends, and then goes to the
-- publisher's own key for a while.

local MEMORY_MS = 20 * 60 * 1000 -- longer than a call can linger in a broken connection
local MOST_MEMORY = 1024         -- bytes; 16 answers at least
local SCAN_PAGE = 16             -- frames looked at in one step of the search for a frame
local SCAN_PAGES = 64            -- most steps
local FRAME_HEAD = 1024          -- bytes of a frame that hold its nonce

-- Looks a call up. It has a key (its publisher's own), publisher, number, and after: the number of
-- the call that must be the last one executed, '0' for any. Returns the reply if it is not to be
-- executed now, or nil; and whether anything is remembered of the publisher. Sets the call's 'wanted'
-- to the answers that are to be remembered along with its own.
local function recall(head, call)
  local mark = call.publisher .. ' '
  local calls = head.calls
  if string.sub(calls, 1, #mark) ~= mark then
    calls = redis.call('GET', call.key) or ''
  end
  local last = string.match(calls, '^%d+', #mark + 1)
  if call.after ~= '0' and last == call.after then
    call.wanted = string.sub(calls, #mark + 1)
    return nil, true
  elseif not last or tonumber(last) < tonumber(call.number) then
    return call.after ~= '0' and {'', -2, 0} or nil, last
  end
  local answer = '[ ;]' .. call.number .. ' (%w+) (%d+) (%d+);'
  local epoch, version, receivers = string.match(calls, answer)
  return epoch and {epoch, tonumber(version), tonumber(receivers)} or {'', -1, 0}, true
end

-- What meta is to hold as 'calls' after this call. What it holds of another publisher goes to that
-- one's own key.
local function remember(head, call, answer)
  local owner = string.match(head.calls, '^%w+')
  if owner and owner ~= call.publisher then
    local key = string.sub(call.key, 1, #call.key - #call.publisher) .. owner
    redis.call('SET', key, head.calls, 'PX', MEMORY_MS)
  end
  local calls = table.concat({call.publisher, ' ', call.number, ' ', answer[1], ' ', whole(answer[2]),
    ' ', answer[3], ';', call.wanted})
  if #calls > MOST_MEMORY then
    return string.match(string.sub(calls, 1, MOST_MEMORY), '^.*;')
  end
  return calls
end

-- Looks for a frame among the newest of a log. Returns what was answered when it was appended, but
-- for the receivers, which are not known any more; or nil.
local function find_frame(buffer, nonce)
  local wanted = '"nonce":"' .. nonce .. '"'
  for page = 0, SCAN_PAGES - 1 do
    local frames = redis.call('ZREVRANGE', buffer, page * SCAN_PAGE, (page + 1) * SCAN_PAGE - 1)
    for _, frame in ipairs(frames) do
      local start = string.sub(frame, 1, FRAME_HEAD)
      if string.find(start, wanted, 1, true) then
        local version, epoch = string.match(start, '^{"version":(%d+),"count":%d+,"epoch":"(%w+)"')
        return {epoch, tonumber(version), 0}
      end
    end
    if #frames < SCAN_PAGE then
      return nil
    end
  end
end
