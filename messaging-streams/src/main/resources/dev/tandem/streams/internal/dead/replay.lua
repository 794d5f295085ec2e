-- Moves dead letters to the replay stream of their group.
-- KEYS: dead, replay stream, claims, receipt. ARGV: group, holder, how often a message may
-- be replayed, then ids. Result: for each id in turn 1 moved, 0 not there, 2 replayed too often, 3 without data that
-- could be replayed, 4 claimed by another. Ends early after 1 MiB, or where the server refuses to write,
-- with the error if that is at the first.
local before = done_before(KEYS[4])
if before then
  return before
end

-- The entry for the replay stream as a call, or what speaks against it.
local function replay_of(id, fields)
  local known, original = {}, {}
  for i = 1, #fields, 2 do
    local name = fields[i]
    if name == 'packed_fields' or string.sub(name, 1, 6) == 'field:' then
      original[#original + 1] = name
      original[#original + 1] = fields[i + 1]
    elseif not known[name] then
      known[name] = fields[i + 1]
    end
  end
  local replays = tonumber(string.match(known.replays or '', '^%d%d?%d?%d?%d?%d?$') or 0)
  if #original == 0 or #original > 7000 then
    return nil, 3
  elseif replays >= tonumber(ARGV[3]) then
    return nil, 2
  end
  return {
    'XADD', KEYS[2], '*', 'original_id', known.original_id or id,
    'original_stream', known.original_stream or '', 'replays', string.format('%.0f', replays + 1),
    unpack(original),
  }
end

local time, result, moved, bytes, refused = now(), {}, false, 0, nil
for i = 4, #ARGV do
  if bytes > 1048576 then
    break
  end
  local id = ARGV[i]
  local letter = redis.call('XRANGE', KEYS[1], id, id)[1]
  local status = 0
  if letter and claimed_by_another(KEYS[3], id, ARGV[2], time) then
    status = 4
  elseif letter then
    local call, against = replay_of(id, letter[2])
    status = against or 1
    if call then
      local added = redis.pcall(unpack(call))
      if type(added) == 'table' and added.err then
        refused = added
        break
      end
      redis.call('XDEL', KEYS[1], id)
      redis.call('HDEL', KEYS[3], id)
      moved = true
      for part = 8, #call do
        bytes = bytes + #call[part]
      end
    end
  end
  result[#result + 1] = status
end
if #result == 0 and refused then
  return refused
end
if moved then
  redis.pcall('XGROUP', 'CREATE', KEYS[2], ARGV[1], '0') -- refused where it is there already
end
return keep(KEYS[4], result)
