/** The numbers of `zlib.constants` and the names of zlib's errors. */

const CODES: Record<string, number> = {
  Z_OK: 0,
  Z_STREAM_END: 1,
  Z_NEED_DICT: 2,
  Z_ERRNO: -1,
  Z_STREAM_ERROR: -2,
  Z_DATA_ERROR: -3,
  Z_MEM_ERROR: -4,
  Z_BUF_ERROR: -5,
  Z_VERSION_ERROR: -6,
};

const numbered = (prefix: string, names: string, first = 0): Record<string, number> =>
  Object.fromEntries(names.split(' ').map((name, i) => [prefix + name, first + i]));

/** Those that Node also has on the module itself. */
export const zlibConstants: Record<string, number> = {
  ...numbered('Z_', 'NO_FLUSH PARTIAL_FLUSH SYNC_FLUSH FULL_FLUSH FINISH BLOCK'),
  ...CODES,
  Z_NO_COMPRESSION: 0,
  Z_BEST_SPEED: 1,
  Z_BEST_COMPRESSION: 9,
  Z_DEFAULT_COMPRESSION: -1,
  ...numbered('Z_', 'FILTERED HUFFMAN_ONLY RLE FIXED', 1),
  Z_DEFAULT_STRATEGY: 0,
  ZLIB_VERNUM: 4880,
  ...numbered('', 'DEFLATE INFLATE GZIP GUNZIP DEFLATERAW INFLATERAW UNZIP BROTLI_DECODE BROTLI_ENCODE', 1),
  Z_MIN_WINDOWBITS: 8,
  Z_MAX_WINDOWBITS: 15,
  Z_DEFAULT_WINDOWBITS: 15,
  Z_MIN_CHUNK: 64,
  Z_MAX_CHUNK: Infinity,
  Z_DEFAULT_CHUNK: 16_384,
  Z_MIN_MEMLEVEL: 1,
  Z_MAX_MEMLEVEL: 9,
  Z_DEFAULT_MEMLEVEL: 8,
  Z_MIN_LEVEL: -1,
  Z_MAX_LEVEL: 9,
  Z_DEFAULT_LEVEL: -1,
};

export const constants: Record<string, number> = {
  ...zlibConstants,
  ...numbered('BROTLI_OPERATION_', 'PROCESS FLUSH FINISH EMIT_METADATA'),
  ...numbered(
    'BROTLI_PARAM_',
    'MODE QUALITY LGWIN LGBLOCK DISABLE_LITERAL_CONTEXT_MODELING SIZE_HINT LARGE_WINDOW NPOSTFIX NDIRECT',
  ),
  ...numbered('BROTLI_MODE_', 'GENERIC TEXT FONT'),
  BROTLI_DEFAULT_MODE: 0,
  BROTLI_MIN_QUALITY: 0,
  BROTLI_MAX_QUALITY: 11,
  BROTLI_DEFAULT_QUALITY: 11,
  BROTLI_MIN_WINDOW_BITS: 10,
  BROTLI_MAX_WINDOW_BITS: 24,
  BROTLI_LARGE_MAX_WINDOW_BITS: 30,
  BROTLI_DEFAULT_WINDOW: 22,
  BROTLI_MIN_INPUT_BLOCK_BITS: 16,
  BROTLI_MAX_INPUT_BLOCK_BITS: 24,
  ...numbered(
    'BROTLI_DECODER_PARAM_',
    'DISABLE_RING_BUFFER_REALLOCATION LARGE_WINDOW',
  ),
  ...numbered('BROTLI_DECODER_RESULT_', 'ERROR SUCCESS NEEDS_MORE_INPUT NEEDS_MORE_OUTPUT'),
};

export const codes: Record<string, string | number> = {
  ...CODES,
  ...Object.fromEntries(Object.entries(CODES).map(([name, number]) => [number, name])),
};
