-- What transactions that publish consist of besides operations.lua: messages for live channels, as one
-- frame each, and outputs that tell where they stand there. Follows append_frame.lua, rights.lua and
-- operations.lua, whose functions it uses.
-- Servers before 7.0 cannot be asked what a user may do to a channel: what was written before that is
-- refused is taken back, but for live messages to the channels before it.
local frames, frame_at = {}, {} -- in the order of their operations; by the place of their arguments

local function may(...)
  return not redis.acl_check_cmd or redis.acl_check_cmd(...)
end

-- Where the log stands, before anything is written, and whether the user may write it.
local function look(frame, candidate_epoch)
  frame.head = read_head(frame.meta, frame.buffer, frame.index, candidate_epoch)
  redis.call('XLEN', frame.buffer)
  frame.version, frame.nonce_before, frame.is_new = frame.head.version, frame.head.nonce, frame.head.fresh
  return may('HSET', frame.meta, '', '') and may('PEXPIRE', frame.meta, '1')
    and may('XADD', frame.buffer, '1', 'frame', '') and may('XDEL', frame.buffer, '1')
    and may('XRANGE', frame.buffer, '-', '+') and may('DEL', frame.buffer)
end

-- The error of a server that is out of memory, or nil. A live message takes none and is seen at once, so
-- that what comes behind it must not be refused for want of it.
local function no_memory(key)
  local reply = redis.pcall('HSET', key, unpack(harmless.HSET[1]))
  return string.find(reply.err, 'OOM', 1, true) and reply or nil
end

-- The header's member that tells the messages' ids. Ids of outputs are known by their numbers.
local function ids_member(text)
  local ids = {}
  for word in string.gmatch(text, '%S+') do
    local number = tonumber(word)
    ids[#ids + 1] = number and outputs[number].id or word
  end
  return '"ids":["' .. table.concat(ids, '","') .. '"],'
end

local function publish_frame(frame)
  local ids = ids_member(frame.ids)
  if frame.head then
    frame.begun = true
    append_frame(frame.channel, frame.buffer, frame.meta, frame.head, now_ms(), frame.nonce, frame.count,
      ids, frame.body, frame.retention_ms, frame.max)
  else
    redis.call('PUBLISH', frame.channel, '{"count":' .. whole(frame.count) .. ',"timestamp":'
      .. whole(now_ms()) .. ',' .. ids .. frame.body)
  end
end

-- Messages are published to a channel. Arguments: meta, buffer and index if it is recoverable, itself
-- three times if it is fleeting; channel, nonce, how many messages, epoch to begin a new log with,
-- retention in ms (0: fleeting), most messages kept, frame body, and the messages' ids with spaces between
-- them: an id, or the number of the output that has it.
operations.publish = {
  check = function(first)
    local frame = {channel = ARGV[first + 3], nonce = ARGV[first + 4], count = tonumber(ARGV[first + 5]),
      retention_ms = tonumber(ARGV[first + 7]), max = tonumber(ARGV[first + 8]), body = ARGV[first + 9],
      ids = ARGV[first + 10]}
    frames[#frames + 1], frame_at[first] = frame, frame
    local allowed = may_publish(frame.channel)
    if frame.retention_ms > 0 then
      frame.meta, frame.buffer, frame.index = key_at(first), key_at(first + 1), key_at(first + 2)
      allowed = look(frame, ARGV[first + 6]) and allowed
    end
    return not allowed and redis.error_reply(NO_PERMISSION)
      or not frame.head and no_memory(key_at(first)) or nil
  end,
  apply = function(first)
    local done, reply = pcall(publish_frame, frame_at[first])
    if not done then
      return type(reply) == 'table' and reply or redis.error_reply(reply)
    end
  end,
  take_back = function(first)
    local frame = frame_at[first]
    if not frame.begun then
      return
    end
    pcall(rare().take_frame_back, frame.buffer, frame.version)
    redis.pcall('HSET', frame.meta, 'version', whole(frame.version), 'nonce', frame.nonce_before)
    if frame.is_new then
      redis.pcall('DEL', frame.meta, frame.buffer)
      redis.pcall('ZREM', frame.index, string.match(frame.channel, '[^:]+$'))
    end
  end,
}

-- An entry is appended that tells where its message stands on recoverable channels. Arguments: key, on how
-- many channels, for each of them the number of its frame and the message's place in that, names and
-- values of the entry's fields in turn.
operations.append_live = {
  command = 'XADD',
  check = operations.append.check,
  apply = function(first, last)
    local fields_from = first + 2 + 2 * tonumber(ARGV[first + 1])
    local positions = {}
    for at = first + 2, fields_from - 1, 2 do
      local frame = frames[tonumber(ARGV[at])]
      positions[#positions + 1] = table.concat({string.match(frame.channel, '[^:]+$'), frame.head.epoch,
        whole(frame.version + ARGV[at + 1]), frame.nonce}, ':')
    end
    local entry = {unpack(ARGV, fields_from, last)}
    entry[#entry + 1] = 'positions'
    entry[#entry + 1] = table.concat(positions, ' ')
    return redis.pcall('XADD', key_at(first), '*', unpack(entry))
  end,
}
