-- What a channel remembers of its publishers' last calls, so that each is executed once, however
-- often it is sent: functions only, to be joined behind append_frame.lua.
--
-- A publisher's calls bear rising numbers. What is remembered of them is a text, the publisher and
-- answers, newest first: 'publisher number epoch version receivers;number epoch version…;'. The last
-- call is there, and with it those before whose replies the publisher did not have when it sent
-- that one. It stands in meta as 'calls' while no other publisher appends, and then goes to the
-- publisher's own key for a while.

-- Looks a call up. It has a key (its publisher's own), publisher, number, and after: the number of
-- the call that must be the last one executed, '0' for any. Returns the reply if it is not to be
-- executed now, or nil; whether anything is remembered of the publisher; and the answers that are to
-- be remembered along with its own. Sets the head's 'other' if that holds another publisher's calls.
local function recall(head, key, publisher, number, after)
  local calls = head.calls
  local owner, last = string.match(calls, '^(%w+) (%d+)')
  if owner ~= publisher then
    head.other = owner
    calls = redis.call('GET', key) or ''
    owner, last = string.match(calls, '^(%w+) (%d+)')
  end
  if after ~= '0' and last == after then
    return nil, true, string.sub(calls, #publisher + 2)
  elseif not last or tonumber(last) < tonumber(number) then
    return after ~= '0' and {'', -2, 0} or nil, last, ''
  end
  local epoch, version, receivers = string.match(calls, '[ ;]' .. number .. ' (%w+) (%d+) (%d+);')
  return epoch and {epoch, tonumber(version), tonumber(receivers)} or {'', -1, 0}, true, ''
end

-- What meta is to hold as 'calls' after a call (key, publisher, number, wanted) was answered. What it
-- holds of another publisher goes to that one's own key.
local function remember(head, version, receivers, call)
  local MEMORY_MS = 20 * 60 * 1000 -- longer than a call can linger in a broken connection
  local MOST_MEMORY = 1024         -- bytes; 16 answers at least
  if head.other then
    local others = string.sub(call.key, 1, #call.key - #call.publisher) .. head.other
    redis.call('SET', others, head.calls, 'PX', MEMORY_MS)
  end
  local calls = call.publisher .. ' ' .. call.number .. ' ' .. head.epoch .. ' ' .. version .. ' '
    .. receivers .. ';' .. call.wanted
  if #calls > MOST_MEMORY then
    return string.match(string.sub(calls, 1, MOST_MEMORY), '^.*;')
  end
  return calls
end

-- Looks for a frame among the newest of a log. Returns what was answered when it was appended, but
-- for the receivers, which are not known any more; or nil.
local function find_frame(buffer, nonce)
  local SCAN_PAGE = 16    -- frames looked at in one step
  local SCAN_PAGES = 64   -- most steps
  local FRAME_HEAD = 1024 -- bytes of a frame that hold its nonce
  local wanted = '"nonce":"' .. nonce .. '"'
  local before = '+'
  for _ = 1, SCAN_PAGES do
    local entries = redis.call('XREVRANGE', buffer, before, '-', 'COUNT', SCAN_PAGE)
    for _, entry in ipairs(entries) do
      before = '(' .. entry[1]
      local start = string.sub(entry[2][2], 1, FRAME_HEAD)
      if string.find(start, wanted, 1, true) then
        local version, epoch = string.match(start, '^{"version":(%d+),"count":%d+,"epoch":"(%w+)"')
        return {epoch, tonumber(version), 0}
      end
    end
    if #entries < SCAN_PAGE then
      return nil
    end
  end
end
