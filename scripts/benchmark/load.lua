-- What wrk sends: the requests in the file REQUESTS, one after another from number START on.
-- A line is a method, a path and a body, with tabs between; HEADERS has a header a line.
-- In each request {unique} becomes another number.
local function lines(name)
    local found = {}
    for line in io.lines(os.getenv(name)) do found[#found + 1] = line end
    return found
end

local requests, headers = lines("REQUESTS"), {}
for _, line in ipairs(lines("HEADERS")) do
    local name, value = line:match("^(.-): (.*)$")
    headers[name] = value
end

local made = {}
local last = tonumber(os.getenv("START")) - 1

local function make(line)
    local method, path, body = line:match("^(%S+)\t([^\t]*)\t(.*)$")
    return wrk.format(method, path, headers, body ~= "" and body or nil)
end

function request()
    last = last + 1
    local place = last % #requests + 1
    local line = requests[place]
    if line:find("{unique}", 1, true) then
        return make((line:gsub("{unique}", string.format("%08d", last))))
    end
    made[place] = made[place] or make(line)
    return made[place]
end

function done(summary, latency, _)
    local wrong = summary.errors.status + summary.errors.connect + summary.errors.read
        + summary.errors.write + summary.errors.timeout
    io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), wrong))
end
