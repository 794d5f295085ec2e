-- Appends events to an aggregate and to its category, all or nothing: until the first XADD nothing is
-- written, and what follows it cannot be refused any more (Redis asks for memory at a script's first
-- write only, and the user's rights are looked at before), save for an aggregate's stream that somebody else has written to; that is undone.
-- KEYS: category, aggregate, meta. ARGV: command id, expected version (-1 any, 0 must not exist),
-- how many commands to remember, aggregate id, how many arguments each event has, and for each event
-- its fields, names and values in turn.
-- Result: {'appended' or 'repeated', first version, last version, position of the last},
-- {'conflict', version, 1 if deleted} or {'damaged', what is wrong}.
local category, aggregate, meta = KEYS[1], KEYS[2], KEYS[3]
local command, expected, width = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[5])
local version, deleted, commands, fault = standing(meta)
if fault then
  return {'damaged', fault}
end
local at = string.find(commands, ';' .. command .. ' ', 1, true)
if at and not deleted then
  local first, last, position = string.match(commands, '^;%S+ (%d+) (%d+) ([%d-]+)', at)
  return {'repeated', first, last, position}
end
if deleted or (expected >= 0 and expected ~= version) then
  return {'conflict', text(version), deleted and 1 or 0}
end
if redis.call('XLEN', aggregate) ~= version then
  return {'damaged', 'its stream does not hold the events that it should'}
end
local refused = refusal('XADD', category) or refusal('XADD', aggregate) or refusal('HSET', meta)
  or refusal('XDEL', category)
if refused then
  return refused
end

local position
local first = version + 1
for from = 6, #ARGV, width do
  local call = {'XADD', category, '*'}
  for i = from, from + width - 1 do
    call[#call + 1] = ARGV[i]
  end
  call[#call + 1] = 'aggregate'
  call[#call + 1] = ARGV[4]
  call[#call + 1] = 'aggregate_version'
  call[#call + 1] = text(version + 1)
  position = redis.call(unpack(call))
  local problem
  local millis, sequence = string.match(position, '^(%d+)%-(%d+)$')
  if #millis > 14 or #sequence > 14 then
    problem = 'its category holds an entry from the far future'
  else
    call[2], call[3] = aggregate, text(version + 1) .. '-0'
    for i = 1, 4 do
      call[#call] = nil
    end
    call[#call + 1] = 'position'
    call[#call + 1] = position
    local added = redis.pcall(unpack(call))
    problem = type(added) == 'table' and added.err
  end
  if problem then -- at the first event only
    redis.call('XDEL', category, position)
    return {'damaged', problem}
  end
  version = version + 1
end

commands = commands .. ';' .. command .. ' ' .. text(first) .. ' ' .. text(version) .. ' ' .. position
local _, count = string.gsub(commands, ';', '')
for i = 1, count - tonumber(ARGV[3]) do
  commands = string.gsub(commands, '^;[^;]*', '', 1)
end
redis.call('HSET', meta, 'version', text(version), 'commands', commands)
return {'appended', text(first), text(version), position}
