-- What wrk sends and what it prints: the requests of a file, one after the other, and one line of
-- JSON at the end. Usage: wrk … -s wrk.lua URL -- REQUESTS
-- A line of REQUESTS is METHOD, path and (POST) body, separated by a tab.
local threads = 0

function setup(thread)
    thread:set("first", threads * 4099) -- so that the threads don't walk through the file in step
    threads = threads + 1
end

function init(args)
    requests, count = {}, 0
    for line in io.lines(args[1]) do
        local method, path, body = line:match("^(%S+)\t(%S+)\t?(.*)$")
        local headers = {}
        if body ~= "" then
            headers["Content-Type"] = body:sub(1, 1) == "{" and "application/json"
                or "application/x-www-form-urlencoded"
        end
        for name, value in pairs(wrk.headers) do
            headers[name] = value
        end
        count = count + 1
        requests[count] = wrk.format(method, path, headers, body ~= "" and body or nil)
    end
    at = first % count
end

function request()
    at = at % count + 1
    return requests[at]
end

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '\nRESULT {"requests":%d,"us":%d,"p50":%d,"p99":%d,"p999":%d,"max":%d,' ..
        '"status":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}\n',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
        latency:percentile(99.9), latency.max,
        errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
