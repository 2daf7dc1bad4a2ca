/** The AWS SDK that is there already. */
module.exports = globalThis.AWS;
