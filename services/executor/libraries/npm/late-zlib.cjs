// For snowflake-sdk, which compresses beside a request that it does not hold back: in Node the result is always too late.
module.exports = { gzip() {} };
