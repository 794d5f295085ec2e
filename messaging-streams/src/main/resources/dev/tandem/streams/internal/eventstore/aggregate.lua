-- Functions that the scripts of an aggregate share; joined in front of each.
-- The meta hash: version (of the last event), deleted (once it was: the id of the call that did it), commands (the latest ones,
-- newest last, each as ';<id> <first version> <last version> <position of the last>').

-- The version, whether the aggregate was deleted, the commands, or as a fourth what is wrong.
local function standing(meta)
  local values = redis.call('HMGET', meta, 'version', 'deleted', 'commands')
  local version = values[1] or '0'
  if not string.find(version, '^%d+$') or #version > 15 then
    return 0, false, '', 'its version is not a number'
  end
  return tonumber(version), values[2] ~= false, values[3] or ''
end

local function text(number)
  return string.format('%.0f', number)
end
