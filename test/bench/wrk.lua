-- Posts one body to many paths in turn, at a rate if one is given; prints the totals as JSON.
local requests = {}
local at = 0

local ffi = require("ffi")
ffi.cdef[[
  typedef struct { long seconds; long microseconds; } moment_t;
  int gettimeofday(moment_t *now, void *zone);
]]
local moment = ffi.new("moment_t")

local function now()
  ffi.C.gettimeofday(moment, nil)
  return tonumber(moment.seconds) * 1000 + tonumber(moment.microseconds) / 1000
end

-- Called by each connection before a request; returns the milliseconds to wait.
local function pace(per_second)
  local due = now()
  return function()
    -- Requests missed during a slow second are sent late; those missed in a longer stop are dropped.
    due = math.max(due + 1000 / per_second, now() - 1000)
    return math.max(0, math.floor(due - now() + 0.5))
  end
end

function init(args)
  local file = assert(io.open(args[2], "rb"))
  local body = file:read("*a")
  file:close()
  local headers = { ["Host"] = wrk.headers["Host"] }
  for line in io.lines(args[3]) do
    local name, value = line:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  if args[4] then delay = pace(tonumber(args[4])) end
  for path in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", path, headers, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"failures":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
