-- Appends messages to a stream and publishes them to live channels, as one frame each: all or nothing;
-- once, however often the call is sent. Follows append_frame.lua, whose functions it uses.
-- KEYS: what is remembered of the publisher's calls, if this one is to be; the stream, if there is
--       one; for each channel: meta and buffer if it is recoverable, itself if it is fleeting; and if
--       any is recoverable: index
-- ARGV: 1 this call's number (one publisher's calls have rising ones; '0': not remembered)
--       2 the number of the call that must be the last one executed ('0': any)
--       3 how many calls before this one are to be remembered still, that one first
--       4 1 if an earlier try may have been executed and the publisher was remembered before, or 0
--       5 how long calls are remembered, in ms
--       6 how many messages there are
--       7 how many labels each stream entry has (3 or 4; 0: there is no stream)
--       8 most entries in the stream ('0': any number)
--       9 the labels of all entries, or those of the first if all have the same, as one MessagePack
--         array of text: type, key, headers, and if there are 4 the time to live in ms ('': does
--         not expire)
--       10 nonce of the frames, 11 epoch to begin new logs with
--       then the data of each stream entry, if there is a stream: each by itself, for the server takes
--         a nanosecond for each byte of each text that it makes for a script
--       then for each channel: channel, retention in ms (0: fleeting), most messages kept, frame body
-- Returns: what became of the call, and a text. 1: done, now or before, and the receipt: the ids of the
--          entries (the first one if the others follow it without a gap, all with spaces between them
--          otherwise, nothing without a stream), then for each channel '|', epoch, first version (''
--          and 0 if fleeting) and receivers. Otherwise nothing is done: -1 a later call was executed;
--          -2 the call that must come before was not the last one; -3 it is not known any more whether
--          this call was executed; -4 the stream has room for as many entries as the text says.
-- What is remembered is a text, newest first: 'number receipt;number receipt;'.
-- What the server refuses (wrong type, no memory, no permission) it refuses before the first write, or
-- at it. Servers before 7.0 cannot be asked what a user may do: what was written before something is
-- refused for that reason is taken back (by XDEL, DEL, XADD, HSET and ZREM), but for live messages
-- to the channels before one that the user may not publish to.
local call = redis.call
local number, after, again = ARGV[1], ARGV[2], ARGV[4] == '1'
local count, width = tonumber(ARGV[6]), tonumber(ARGV[7])
local nonce = ARGV[10]
local memory = number ~= '0' and KEYS[1] or nil
local stream = width > 0 and KEYS[memory and 2 or 1] or nil

local channels, index = {}, nil
local key = 1 + (memory and 1 or 0) + (stream and 1 or 0)
for at = 12 + (stream and count or 0), #ARGV, 4 do
  local channel = {name = ARGV[at], retention_ms = tonumber(ARGV[at + 1]), max = tonumber(ARGV[at + 2]),
    body = ARGV[at + 3], first = KEYS[key]}
  if channel.retention_ms > 0 then
    channel.meta, channel.buffer = KEYS[key], KEYS[key + 1]
    index = KEYS[#KEYS]
  end
  key = key + (channel.meta and 2 or 1)
  channels[#channels + 1] = channel
end

-- Whether anything is there of what the call would have written.
local function any_left()
  for i = 2, #KEYS - (index and 1 or 0) do
    if call('EXISTS', KEYS[i]) == 1 then
      return true
    end
  end
  return false
end

local known
local wanted = ''
if memory then
  known = call('GET', memory)
  if known then
    local from, to = string.find(';' .. known, ';' .. number .. ' ', 1, true)
    if from then
      call('PEXPIRE', memory, ARGV[5])
      return {1, string.sub(known, to, string.find(known, ';', to, true) - 1)}
    end
    local last = string.match(known, '^%d+')
    if tonumber(last) > tonumber(number) then
      return {-1, ''}
    elseif after ~= '0' and after ~= last then
      return {-2, ''}
    end
    local stop = 0
    for _ = 1, tonumber(ARGV[3]) do
      stop = string.find(known, ';', stop + 1, true) or stop
    end
    wanted = string.sub(known, 1, stop)
  elseif after ~= '0' then
    return {-2, ''}
  elseif again and any_left() then
    return {-3, ''}
  end
end

local function may(...)
  return not redis.acl_check_cmd or redis.acl_check_cmd(...)
end

local allowed = (not memory or may('SET', memory, '', 'PX', '1')) and (not stream or may('XADD', stream, '*', '', ''))
local length = stream and call('XLEN', stream)
local room = stream and ARGV[8] ~= '0' and tonumber(ARGV[8]) - length
for _, channel in ipairs(channels) do
  allowed = allowed and may_publish(channel.name)
  if channel.meta then
    channel.head = read_head(channel.meta, channel.buffer, index, ARGV[11])
    call('XLEN', channel.buffer)
    channel.before = {epoch = channel.head.epoch, version = channel.head.version, fresh = channel.head.fresh,
      nonce = channel.head.nonce}
    allowed = allowed and may('HSET', channel.meta, '', '') and may('PEXPIRE', channel.meta, '1')
      and may('XADD', channel.buffer, '1', 'frame', '') and may('XDEL', channel.buffer, '1')
      and may('XRANGE', channel.buffer, '-', '+') and may('DEL', channel.buffer)
  end
end
if not allowed then
  return redis.error_reply(NO_PERMISSION)
end
if room and room < count then
  return {-4, whole(math.max(room, 0))}
end

-- Tells, at each call, where the next message will stand on a channel: 'channel:epoch:version:nonce'. Of
-- all that is done for an entry, making a number into text takes longest: only each tenth is.
local DIGITS = {[0] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'}

local function places(channel)
  local before = string.match(channel.name, '[^:]+$') .. ':' .. channel.head.epoch .. ':'
  local after = ':' .. nonce
  local tens = math.floor(channel.head.version / 10)
  local digit = channel.head.version - tens * 10
  local head = tens > 0 and before .. whole(tens) or before
  return function()
    digit = digit + 1
    if digit == 10 then
      tens, digit = tens + 1, 0
      head = before .. whole(tens)
    end
    return head .. DIGITS[digit] .. after
  end
end

local marks = {}
for _, channel in ipairs(channels) do
  if channel.head then
    marks[#marks + 1] = places(channel)
  end
end

-- Where the next message will stand on all recoverable channels.
local function positions()
  local text = {}
  for i, mark in ipairs(marks) do
    text[i] = mark()
  end
  return table.concat(text, ' ')
end

if #marks == 1 then
  positions = marks[1]
end

local ids = {}

local function append_entries()
  local labels, at = cmsgpack.unpack(ARGV[9]), 1
  local step = #labels > width and width or 0
  local live = #channels > 0
  for i = 1, count do
    local type, entry_key, headers, data = labels[at], labels[at + 1], labels[at + 2], ARGV[11 + i]
    local ttl = width == 4 and labels[at + 3] or ''
    if not live and ttl == '' then
      ids[i] = call('XADD', stream, '*', 'type', type, 'key', entry_key, 'headers', headers, 'data', data)
    elseif not live then
      ids[i] = call('XADD', stream, '*', 'type', type, 'key', entry_key, 'headers', headers, 'data', data,
        'ttl', ttl)
    elseif ttl == '' then
      ids[i] = call('XADD', stream, '*', 'type', type, 'key', entry_key, 'headers', headers, 'data', data,
        'positions', positions())
    else
      ids[i] = call('XADD', stream, '*', 'type', type, 'key', entry_key, 'headers', headers, 'data', data,
        'ttl', ttl, 'positions', positions())
    end
    at = at + step
  end
end

-- The ids as one text.
local function written_ids()
  if not stream then
    return ''
  end
  local ms, first = string.match(ids[1], '^(%d+)-(%d+)$')
  local last_ms, last = string.match(ids[count], '^(%d+)-(%d+)$')
  if ms == last_ms and tonumber(last) - tonumber(first) == count - 1 then
    return ids[1]
  end
  return table.concat(ids, ' ')
end

local now = now_ms()

local function publish(channel, extra)
  if channel.head then
    channel.begun = true
    channel.answer = append_frame(channel.name, channel.buffer, channel.meta, channel.head, now, nonce, count,
      extra, channel.body, channel.retention_ms, channel.max)
  else
    channel.answer = {'', 0, call('PUBLISH', channel.name, table.concat({
      '{"count":', whole(count), ',"timestamp":', whole(now), ',', extra, channel.body}))}
  end
end

local function execute()
  local extra = ''
  if known and not stream and #marks == 0 then
    call('SET', memory, known, 'PX', ARGV[5]) -- nothing else that a full server refuses comes first
  end
  if stream then
    append_entries()
    extra = '"ids":["' .. table.concat(ids, '","') .. '"],'
  end
  for _, channel in ipairs(channels) do
    if channel.head then
      publish(channel, extra)
    end
  end
  for _, channel in ipairs(channels) do
    if not channel.head then
      publish(channel, extra)
    end
  end
  local receipt = written_ids()
  for _, channel in ipairs(channels) do
    local answer = channel.answer
    receipt = receipt .. '|' .. answer[1] .. ' ' .. whole(answer[2]) .. ' ' .. whole(answer[3])
  end
  if memory then
    call('SET', memory, number .. ' ' .. receipt .. ';' .. wanted, 'PX', ARGV[5])
  end
  return receipt
end

local function take_back()
  for _, channel in ipairs(channels) do
    local before = channel.before
    if channel.begun then
      pcall(rare().take_frame_back, channel.buffer, before.version)
      redis.pcall('HSET', channel.meta, 'version', whole(before.version), 'nonce', before.nonce)
      if before.fresh then
        redis.pcall('DEL', channel.meta, channel.buffer)
        redis.pcall('ZREM', index, string.match(channel.name, '[^:]+$'))
      end
    end
  end
  if #ids > 0 then
    redis.pcall('XDEL', stream, unpack(ids))
    local groups = redis.pcall('XINFO', 'GROUPS', stream)
    if length == 0 and #groups == 0 and not groups.err then
      redis.pcall('DEL', stream)
    end
  end
end

local done, result = pcall(execute)
if done then
  return {1, result}
end
take_back()
return type(result) == 'table' and result or redis.error_reply(result)
