-- Appends and publishes one frame each to several channels: all or none; once, however often the
-- call is sent. Follows publisher_memory.lua, whose functions it uses.
-- KEYS: for each recoverable channel: meta, buffer, and the publisher's own; for each fleeting one:
--       the channel; if any is recoverable: index
-- ARGV: the publisher, this call's number, whether an earlier try may have been executed (1 or 0),
--       and for each channel, the recoverable ones first: channel, nonce, number of messages, body,
--       epoch to begin a new log with, retention in ms (0: fleeting), most messages kept
-- Returns: for each channel: epoch, first version, receivers ('' and 0 if fleeting; of a call that
--          was executed before, the receivers on fleeting channels are not known, and 0); or '' and
--          -1, and nothing is done: a later call was executed, or this one was and its receipts are
--          gone
-- What the server refuses (wrong type, no memory, no permission) it refuses at the first write or
-- before. Except before Redis 7.0, where a user who may write the keys of a channel but not publish
-- to it is refused there, with what comes before done.
local publisher, number, again = ARGV[1], ARGV[2], ARGV[3] == '1'
local OVERTAKEN = {'', -1, 0}

local function may_append(meta, buffer)
  return not redis.acl_check_cmd
    or (redis.acl_check_cmd('HSET', meta, '', '') and redis.acl_check_cmd('XADD', buffer, '1', 'frame', '')
      and redis.acl_check_cmd('XRANGE', buffer, '-', '+') and redis.acl_check_cmd('XDEL', buffer, '1'))
end

-- What is needed for one channel, and whether the call was executed on it.
local function look(at, key)
  local frame = {channel = ARGV[at], nonce = ARGV[at + 1], count = tonumber(ARGV[at + 2]),
    body = ARGV[at + 3], retention_ms = tonumber(ARGV[at + 5]), max = tonumber(ARGV[at + 6])}
  if frame.retention_ms > 0 then
    frame.meta, frame.buffer = KEYS[key], KEYS[key + 1]
    frame.allowed = may_publish(frame.channel) and may_append(frame.meta, frame.buffer)
    frame.head = read_head(frame.meta, frame.buffer, KEYS[#KEYS], ARGV[at + 4])
    redis.call('XLEN', frame.buffer)
    frame.key = KEYS[key + 2]
    local known
    frame.answer, known = recall(frame.head, frame.key, publisher, number, '0')
    if again and not known and not frame.head.fresh then
      frame.answer = find_frame(frame.buffer, frame.nonce)
    end
  else
    frame.allowed = may_publish(frame.channel)
  end
  return frame
end

local frames, recoverable, answered, key = {}, 0, 0, 1
for at = 4, #ARGV, 7 do
  local frame = look(at, key)
  if not frame.allowed then
    return redis.error_reply(NO_PERMISSION)
  end
  frames[#frames + 1] = frame
  recoverable = recoverable + (frame.head and 1 or 0)
  if frame.answer then
    answered = answered + 1
    if frame.answer[2] < 0 then
      return OVERTAKEN
    end
  end
  key = key + (frame.head and 3 or 1)
end
if answered > 0 and answered < recoverable then
  return OVERTAKEN
end

local now, reply = now_ms(), {}
for i, frame in ipairs(frames) do
  local answer = frame.answer or {'', 0, 0}
  if answered == 0 and frame.head then
    answer = append_frame(frame.channel, frame.buffer, frame.meta, frame.head, now, frame.nonce,
      frame.count, '', frame.body, frame.retention_ms, frame.max, remember,
      {key = frame.key, publisher = publisher, number = number, wanted = ''})
  elseif answered == 0 then
    answer[3] = redis.call('PUBLISH', frame.channel, '{"count":' .. frame.count
      .. ',"timestamp":' .. now .. ',' .. frame.body)
  end
  for j = 1, 3 do
    reply[i * 3 - 3 + j] = answer[j]
  end
end
return reply
