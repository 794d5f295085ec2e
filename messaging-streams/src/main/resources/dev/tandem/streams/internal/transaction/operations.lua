-- What transactions consist of. An operation's arguments are ARGV[first] to ARGV[last], the first of
-- them the number of its key. All are checked before any is applied: check gives back nothing, or
-- the code or error that the whole is refused with. What the user has no right to is looked for next:
-- command is what applies it. What passes both can fail only if the ids of an output are used up; apply
-- gives the command's reply. Scripts joined behind this one may put more operations into the table.
-- One that can be refused after it has written something has take_back too, which is called if it, or
-- one behind it, was refused, also if it was not applied.
local CONFLICT, WRONG_TYPE, NOT_A_NUMBER, FULL = 3, 4, 5, 6
local operations = {}
local outputs = {} -- what was appended so far, in order: key, id, is_new

local function key_at(first)
  return KEYS[tonumber(ARGV[first])]
end

local function unless(kind, key)
  local found = redis.call('TYPE', key).ok
  return found ~= 'none' and found ~= kind and WRONG_TYPE or nil
end

local function unless_hash(first)
  return unless('hash', key_at(first))
end

-- A field still has the value that was read. Arguments: key, field, 1 or 0 if it had none, value.
operations.expect = {
  check = function(first)
    local refused = unless_hash(first)
    if refused then
      return refused
    end
    local value = redis.call('HGET', key_at(first), ARGV[first + 1])
    local expected = ARGV[first + 2] == '1' and ARGV[first + 3]
    return value ~= expected and CONFLICT or nil
  end,
  apply = function() end,
}

-- A stream has room for the outputs that go there. Arguments: key, how many these are, most entries, number
-- of this operation among its kind.
operations.room = {
  check = function(first)
    local refused = unless('stream', key_at(first))
    if refused then
      return refused
    end
    local length = redis.call('XLEN', key_at(first))
    return length + ARGV[first + 1] > tonumber(ARGV[first + 2]) and {FULL, tonumber(ARGV[first + 3]), length}
      or nil
  end,
  apply = function() end,
}

-- An entry is appended. Arguments: key, names and values of its fields in turn.
operations.append = {
  command = 'XADD',
  check = function(first)
    return unless('stream', key_at(first))
  end,
  apply = function(first, last)
    return redis.pcall('XADD', key_at(first), '*', unpack(ARGV, first + 1, last))
  end,
}

-- A field gets a value. Arguments: key, field, value.
operations.put = {
  command = 'HSET',
  check = unless_hash,
  apply = function(first)
    return redis.pcall('HSET', key_at(first), ARGV[first + 1], ARGV[first + 2])
  end,
}

-- A field is removed. Arguments: key, field.
operations.delete = {
  command = 'HDEL',
  check = unless_hash,
  apply = function(first)
    return redis.pcall('HDEL', key_at(first), ARGV[first + 1])
  end,
}

-- A number is added to a field; both have up to 18 digits, so that the sum fits. Arguments: key,
-- field, number.
operations.increment = {
  command = 'HINCRBY',
  check = function(first)
    local refused = unless_hash(first)
    if refused then
      return refused
    end
    local value = redis.call('HGET', key_at(first), ARGV[first + 1]) or '0'
    local number = value == '0' or (string.match(value, '^%-?[1-9]%d*$') and #value <= 18)
    return not number and NOT_A_NUMBER or nil
  end,
  apply = function(first)
    return redis.pcall('HINCRBY', key_at(first), ARGV[first + 1], ARGV[first + 2])
  end,
}
