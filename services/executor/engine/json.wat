;; Writes a value as JSON in UTF-8, straight from the engine's objects: four times as fast as the engine's own way over a
;; list of property names, a string of UTF-16 and its conversion. What is out of the ordinary (getters, proxies, `toJSON`,
;; prototypes of the author's, keys that are numbers, strings in pieces, deep nesting) it leaves to the engine: then the
;; result is 0.
;;
;; It knows how QuickJS-ng 0.17 on 32 bits lays out what it reads; tests hold it against `JSON.stringify`:
;;   JSValue     i64: tag in the upper half (-7 string, -1 object, 0 i32, 1 bool, 2 null, 3 undefined), else a double
;;   JSObject    8 u8 flags (8 exotic, 16 fast array)  10 u16 class (1 object, 2 array)  12 shape  16 properties
;;               28 an array's values  32 their number
;;   JSShape     16 hash mask  24 number of properties  36 prototype  40 hash table, then properties: 26 bits of hash
;;               chain, 6 of flags (4 enumerable, 48 no plain value), then the atom, 0 for a deleted one
;;   JSString    31 bits of length, 1 for 16 bits a character; 28 bits of hash, 2 of kind (0 here, 1 slice, 2 elsewhere),
;;               2 of atom's type (1 string); 24 characters
;;   JSRuntime   568 atoms
;;
;; OUTPUT, OUTPUT_END and PLAIN are addresses that build.mjs fills in. PLAIN says what a plain object is:
;;   0 i32 Object.prototype  4 i32 its properties  8 i32 Array.prototype  12 i32 its properties  16 i32 atom `toJSON`
;;   20 i32 address of the runtime's atoms  24 i32 the context
(module
  (import "quickjs" "memory" (memory 1))
  (import "quickjs" "qjs_get_context_ptr" (func $context (result i32)))
  (import "quickjs" "qjs_get_runtime_ptr" (func $runtime (result i32)))
  (import "quickjs" "JS_NewAtomLen" (func $new_atom (param i32 i32 i32) (result i32)))
  (import "quickjs" "JS_ToCStringLen2" (func $to_text (param i32 i32 i64 i32) (result i32)))
  (import "quickjs" "JS_FreeCString" (func $free_text (param i32 i32)))

  (func $properties (param $object i32) (result i32)
    (i32.load offset=24 (i32.load offset=12 (local.get $object))))

  ;; Takes Object.prototype and Array.prototype as they are now for what plain objects have.
  (func (export "json_bind") (param $object i64) (param $array i64)
    (i64.store (i32.const OUTPUT) (i64.const 0x4e4f534a6f74)) ;; "toJSON"
    (i32.store offset=0 (i32.const PLAIN) (i32.wrap_i64 (local.get $object)))
    (i32.store offset=4 (i32.const PLAIN) (call $properties (i32.wrap_i64 (local.get $object))))
    (i32.store offset=8 (i32.const PLAIN) (i32.wrap_i64 (local.get $array)))
    (i32.store offset=12 (i32.const PLAIN) (call $properties (i32.wrap_i64 (local.get $array))))
    (i32.store offset=16 (i32.const PLAIN) (call $new_atom (call $context) (i32.const OUTPUT) (i32.const 6)))
    (i32.store offset=20 (i32.const PLAIN) (i32.add (call $runtime) (i32.const 568)))
    (i32.store offset=24 (i32.const PLAIN) (call $context)))

  ;; Gives the length of the text at OUTPUT, 0 if the value is not for us.
  (func (export "json_write") (param $value i64) (result i32)
    (local $end i32)
    (if (i32.or
          (i32.ne (call $properties (i32.load offset=0 (i32.const PLAIN))) (i32.load offset=4 (i32.const PLAIN)))
          (i32.ne (call $properties (i32.load offset=8 (i32.const PLAIN))) (i32.load offset=12 (i32.const PLAIN))))
      (then (return (i32.const 0))))
    (local.set $end (call $value (local.get $value) (i32.const OUTPUT) (i32.const 64)))
    (if (result i32) (local.get $end)
      (then (i32.sub (local.get $end) (i32.const OUTPUT)))
      (else (i32.const 0))))

  ;; Each of the following writes at an address and gives the next, or 0.
  (func $value (param $value i64) (param $at i32) (param $depth i32) (result i32)
    (local $tag i32)
    (if (i32.gt_u (local.get $at) (i32.const OUTPUT_END)) (then (return (i32.const 0))))
    (local.set $tag (i32.wrap_i64 (i64.shr_u (local.get $value) (i64.const 32))))
    (if (i32.eq (local.get $tag) (i32.const -7))
      (then (return (call $string (i32.wrap_i64 (local.get $value)) (local.get $at)))))
    (if (i32.eq (local.get $tag) (i32.const -1))
      (then (return (call $object (i32.wrap_i64 (local.get $value)) (local.get $at) (local.get $depth)))))
    (if (i32.eqz (local.get $tag))
      (then (return (call $integer (i32.wrap_i64 (local.get $value)) (local.get $at)))))
    (if (i32.eq (local.get $tag) (i32.const 2)) (then (return (call $null (local.get $at)))))
    (if (i32.eq (local.get $tag) (i32.const 1))
      (then
        (if (i32.wrap_i64 (local.get $value))
          (then
            (i32.store (local.get $at) (i32.const 0x65757274)) ;; "true"
            (return (i32.add (local.get $at) (i32.const 4)))))
        (i64.store (local.get $at) (i64.const 0x65736c6166)) ;; "false"
        (return (i32.add (local.get $at) (i32.const 5)))))
    ;; -9 is the first tag, 8 the first that is no tag.
    (if (i32.ge_u (i32.add (local.get $tag) (i32.const 9)) (i32.const 17))
      (then (return (call $double (local.get $value) (local.get $at)))))
    (i32.const 0))

  (func $null (param $at i32) (result i32)
    (i32.store (local.get $at) (i32.const 0x6c6c756e))
    (i32.add (local.get $at) (i32.const 4)))

  (func $integer (param $number i32) (param $at i32) (result i32)
    (local $digits i32) (local $power i32)
    (if (i32.lt_s (local.get $number) (i32.const 0))
      (then
        (i32.store8 (local.get $at) (i32.const 0x2d))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $number (i32.sub (i32.const 0) (local.get $number)))))
    (local.set $digits (i32.const 1))
    (local.set $power (i32.const 10))
    (block $counted
      (loop $next
        (br_if $counted (i32.lt_u (local.get $number) (local.get $power)))
        (local.set $digits (i32.add (local.get $digits) (i32.const 1)))
        (br_if $counted (i32.eq (local.get $digits) (i32.const 10)))
        (local.set $power (i32.mul (local.get $power) (i32.const 10)))
        (br $next)))
    (local.set $at (i32.add (local.get $at) (local.get $digits)))
    (local.set $power (local.get $at))
    (loop $next
      (local.set $power (i32.sub (local.get $power) (i32.const 1)))
      (i32.store8 (local.get $power) (i32.add (i32.const 0x30) (i32.rem_u (local.get $number) (i32.const 10))))
      (local.set $number (i32.div_u (local.get $number) (i32.const 10)))
      (local.set $digits (i32.sub (local.get $digits) (i32.const 1)))
      (br_if $next (local.get $digits)))
    (local.get $at))

  (func $double (param $value i64) (param $at i32) (result i32)
    (local $text i32) (local $next i32) (local $byte i32)
    (local.set $text (call $to_text (i32.load offset=24 (i32.const PLAIN)) (i32.const 0) (local.get $value) (i32.const 0)))
    (if (i32.eqz (local.get $text)) (then (return (i32.const 0))))
    (local.set $next (local.get $text))
    (block $done
      (loop $copy
        (local.set $byte (i32.load8_u (local.get $next)))
        (br_if $done (i32.eqz (local.get $byte)))
        ;; "Infinity", "-Infinity" or "NaN"
        (if (i32.or (i32.eq (local.get $byte) (i32.const 0x49)) (i32.eq (local.get $byte) (i32.const 0x4e)))
          (then
            (call $free_text (i32.load offset=24 (i32.const PLAIN)) (local.get $text))
            (return (call $null (i32.sub (local.get $at) (i32.sub (local.get $next) (local.get $text)))))))
        (i32.store8 (local.get $at) (local.get $byte))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (local.set $next (i32.add (local.get $next) (i32.const 1)))
        (br $copy)))
    (call $free_text (i32.load offset=24 (i32.const PLAIN)) (local.get $text))
    (local.get $at))

  ;; --- objects and arrays --------------------------------------------------------------------------------------------
  (func $object (param $object i32) (param $at i32) (param $depth i32) (result i32)
    (local $class i32) (local $prototype i32)
    (if (i32.eqz (local.get $depth)) (then (return (i32.const 0))))
    (local.set $depth (i32.sub (local.get $depth) (i32.const 1)))
    (local.set $class (i32.load16_u offset=10 (local.get $object)))
    (local.set $prototype (i32.load offset=36 (i32.load offset=12 (local.get $object))))
    (if (i32.eq (local.get $class) (i32.const 1))
      (then
        (if (i32.and (i32.load8_u offset=8 (local.get $object)) (i32.const 8)) (then (return (i32.const 0))))
        (if (i32.ne (local.get $prototype) (i32.load offset=0 (i32.const PLAIN))) (then (return (i32.const 0))))
        (return (call $members (local.get $object) (local.get $at) (local.get $depth)))))
    (if (i32.eq (local.get $class) (i32.const 2))
      (then
        (if (i32.ne (local.get $prototype) (i32.load offset=8 (i32.const PLAIN))) (then (return (i32.const 0))))
        ;; A number of its own besides `length`, or holes at the end.
        (if (i32.ne (call $properties (local.get $object)) (i32.const 1)) (then (return (i32.const 0))))
        (if (i64.ne (i64.load (i32.load offset=16 (local.get $object))) (i64.load32_u offset=32 (local.get $object)))
          (then (return (i32.const 0))))
        (if (i32.eqz (i32.and (i32.load8_u offset=8 (local.get $object)) (i32.const 16))) (then (return (i32.const 0))))
        (return (call $elements (local.get $object) (local.get $at) (local.get $depth)))))
    (i32.const 0))

  (func $members (param $object i32) (param $at i32) (param $depth i32) (result i32)
    (local $shape i32) (local $property i32) (local $end i32) (local $values i32)
    (local $flags i32) (local $atom i32) (local $key i32) (local $value i64) (local $comma i32)
    (local.set $shape (i32.load offset=12 (local.get $object)))
    (local.set $values (i32.load offset=16 (local.get $object)))
    (local.set $property
      (i32.add (local.get $shape)
        (i32.add (i32.const 44) (i32.shl (i32.load offset=16 (local.get $shape)) (i32.const 2)))))
    (local.set $end (i32.add (local.get $property) (i32.shl (i32.load offset=24 (local.get $shape)) (i32.const 3))))
    (i32.store8 (local.get $at) (i32.const 0x7b))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $property) (local.get $end)))
        (local.set $flags (i32.shr_u (i32.load (local.get $property)) (i32.const 26)))
        (local.set $atom (i32.load offset=4 (local.get $property)))
        (local.set $value (i64.load (local.get $values)))
        (local.set $property (i32.add (local.get $property) (i32.const 8)))
        (local.set $values (i32.add (local.get $values) (i32.const 8)))
        ;; deleted
        (br_if $next (i32.eqz (local.get $atom)))
        ;; a number as key comes before all others; no plain value; a method of the author's
        (if (i32.or
              (i32.or (i32.lt_s (local.get $atom) (i32.const 0)) (i32.and (local.get $flags) (i32.const 48)))
              (i32.eq (local.get $atom) (i32.load offset=16 (i32.const PLAIN))))
          (then (return (i32.const 0))))
        (br_if $next (i32.eqz (i32.and (local.get $flags) (i32.const 4))))
        (local.set $key
          (i32.load (i32.add (i32.load (i32.load offset=20 (i32.const PLAIN))) (i32.shl (local.get $atom) (i32.const 2)))))
        ;; symbols
        (br_if $next (i32.ne (i32.shr_u (i32.load offset=4 (local.get $key)) (i32.const 30)) (i32.const 1)))
        ;; a number from 2 ** 31 on is kept as a text of ten characters, and comes before other keys as well
        (if (i32.and
              (i32.eq (i32.load (local.get $key)) (i32.const 10))
              (i32.lt_u (i32.sub (i32.load8_u offset=24 (local.get $key)) (i32.const 0x30)) (i32.const 10)))
          (then (return (i32.const 0))))
        ;; undefined
        (br_if $next (i64.eq (i64.shr_u (local.get $value) (i64.const 32)) (i64.const 3)))
        (if (local.get $comma)
          (then
            (i32.store8 (local.get $at) (i32.const 0x2c))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))))
        (local.set $comma (i32.const 1))
        (local.set $at (call $string (local.get $key) (local.get $at)))
        (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
        (i32.store8 (local.get $at) (i32.const 0x3a))
        (local.set $at (call $value (local.get $value) (i32.add (local.get $at) (i32.const 1)) (local.get $depth)))
        (br_if $next (local.get $at))
        (return (i32.const 0))))
    (i32.store8 (local.get $at) (i32.const 0x7d))
    (i32.add (local.get $at) (i32.const 1)))

  (func $elements (param $array i32) (param $at i32) (param $depth i32) (result i32)
    (local $element i32) (local $end i32) (local $value i64)
    (local.set $element (i32.load offset=28 (local.get $array)))
    (local.set $end (i32.add (local.get $element) (i32.shl (i32.load offset=32 (local.get $array)) (i32.const 3))))
    (i32.store8 (local.get $at) (i32.const 0x5b))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (block $done
      (br_if $done (i32.eq (local.get $element) (local.get $end)))
      (loop $next
        (local.set $value (i64.load (local.get $element)))
        (if (i64.eq (i64.shr_u (local.get $value) (i64.const 32)) (i64.const 3))
          (then (local.set $value (i64.const 0x200000000)))) ;; undefined is null here
        (local.set $at (call $value (local.get $value) (local.get $at) (local.get $depth)))
        (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
        (local.set $element (i32.add (local.get $element) (i32.const 8)))
        (br_if $done (i32.eq (local.get $element) (local.get $end)))
        (i32.store8 (local.get $at) (i32.const 0x2c))
        (local.set $at (i32.add (local.get $at) (i32.const 1)))
        (br $next)))
    (i32.store8 (local.get $at) (i32.const 0x5d))
    (i32.add (local.get $at) (i32.const 1)))

  ;; --- strings -------------------------------------------------------------------------------------------------------
  (func $string (param $string i32) (param $at i32) (result i32)
    (local $length i32) (local $data i32) (local $kind i32)
    (local.set $length (i32.and (i32.load (local.get $string)) (i32.const 0x7fffffff)))
    ;; Six bytes a character at most, and the rest of a property.
    (if (i32.gt_u (local.get $at) (i32.const OUTPUT_END)) (then (return (i32.const 0))))
    (if (i32.gt_u (local.get $length) (i32.div_u (i32.sub (i32.const OUTPUT_END) (local.get $at)) (i32.const 6)))
      (then (return (i32.const 0))))
    (local.set $data (i32.add (local.get $string) (i32.const 24)))
    (local.set $kind (i32.and (i32.shr_u (i32.load offset=4 (local.get $string)) (i32.const 28)) (i32.const 3)))
    (if (i32.eq (local.get $kind) (i32.const 1))
      (then
        (local.set $data
          (i32.add (i32.load offset=4 (local.get $data)) (i32.add (i32.load (local.get $data)) (i32.const 24))))))
    (if (i32.eq (local.get $kind) (i32.const 2)) (then (local.set $data (i32.load (local.get $data)))))
    (i32.store8 (local.get $at) (i32.const 0x22))
    (local.set $at (i32.add (local.get $at) (i32.const 1)))
    (local.set $at
      (if (result i32) (i32.lt_s (i32.load (local.get $string)) (i32.const 0))
        (then (call $wide (local.get $data) (i32.add (local.get $data) (i32.shl (local.get $length) (i32.const 1))) (local.get $at)))
        (else (call $narrow (local.get $data) (i32.add (local.get $data) (local.get $length)) (local.get $at)))))
    (i32.store8 (local.get $at) (i32.const 0x22))
    (i32.add (local.get $at) (i32.const 1)))

  ;; Sets the upper bit of each byte that is 0 (and, after such a one, of some that are 1: they are looked at in vain).
  (func $zeros (param $bytes i64) (result i64)
    (i64.and
      (i64.and (i64.sub (local.get $bytes) (i64.const 0x0101010101010101)) (i64.xor (local.get $bytes) (i64.const -1)))
      (i64.const 0x8080808080808080)))

  ;; Characters of 8 bits, Latin-1: eight at a time as long as none needs anything.
  (func $narrow (param $data i32) (param $end i32) (param $at i32) (result i32)
    (local $eight i64)
    (block $done
      (loop $next
        (if (i32.le_u (i32.add (local.get $data) (i32.const 8)) (local.get $end))
          (then
            (local.set $eight (i64.load (local.get $data)))
            (if (i64.eqz
                  (i64.or
                    (i64.or
                      (i64.and (local.get $eight) (i64.const 0x8080808080808080))
                      (i64.and (i64.sub (local.get $eight) (i64.const 0x2020202020202020)) (i64.const 0x8080808080808080)))
                    (i64.or
                      (call $zeros (i64.xor (local.get $eight) (i64.const 0x2222222222222222)))
                      (call $zeros (i64.xor (local.get $eight) (i64.const 0x5c5c5c5c5c5c5c5c))))))
              (then
                (i64.store (local.get $at) (local.get $eight))
                (local.set $at (i32.add (local.get $at) (i32.const 8)))
                (local.set $data (i32.add (local.get $data) (i32.const 8)))
                (br $next)))))
        (br_if $done (i32.eq (local.get $data) (local.get $end)))
        (local.set $at (call $character (i32.load8_u (local.get $data)) (local.get $at)))
        (local.set $data (i32.add (local.get $data) (i32.const 1)))
        (br $next)))
    (local.get $at))

  ;; Characters of 16 bits; half of a surrogate pair is written as an escape.
  (func $wide (param $data i32) (param $end i32) (param $at i32) (result i32)
    (local $unit i32) (local $low i32)
    (block $done
      (loop $next
        (br_if $done (i32.eq (local.get $data) (local.get $end)))
        (local.set $unit (i32.load16_u (local.get $data)))
        (local.set $data (i32.add (local.get $data) (i32.const 2)))
        (if (i32.ne (i32.and (local.get $unit) (i32.const 0xf800)) (i32.const 0xd800))
          (then
            (local.set $at (call $character (local.get $unit) (local.get $at)))
            (br $next)))
        (if (i32.and (i32.lt_u (local.get $unit) (i32.const 0xdc00)) (i32.lt_u (local.get $data) (local.get $end)))
          (then
            (local.set $low (i32.load16_u (local.get $data)))
            (if (i32.eq (i32.and (local.get $low) (i32.const 0xfc00)) (i32.const 0xdc00))
              (then
                (local.set $data (i32.add (local.get $data) (i32.const 2)))
                (local.set $at
                  (call $pair
                    (i32.add
                      (i32.add (i32.shl (i32.and (local.get $unit) (i32.const 0x3ff)) (i32.const 10)) (i32.const 0x10000))
                      (i32.and (local.get $low) (i32.const 0x3ff)))
                    (local.get $at)))
                (br $next)))))
        (local.set $at (call $escape (local.get $unit) (local.get $at)))
        (br $next)))
    (local.get $at))

  (func $continuation (param $code i32) (param $shift i32) (result i32)
    (i32.or (i32.const 0x80) (i32.and (i32.shr_u (local.get $code) (local.get $shift)) (i32.const 0x3f))))

  (func $pair (param $code i32) (param $at i32) (result i32)
    (i32.store8 offset=0 (local.get $at) (i32.or (i32.const 0xf0) (i32.shr_u (local.get $code) (i32.const 18))))
    (i32.store8 offset=1 (local.get $at) (call $continuation (local.get $code) (i32.const 12)))
    (i32.store8 offset=2 (local.get $at) (call $continuation (local.get $code) (i32.const 6)))
    (i32.store8 offset=3 (local.get $at) (call $continuation (local.get $code) (i32.const 0)))
    (i32.add (local.get $at) (i32.const 4)))

  (func $character (param $code i32) (param $at i32) (result i32)
    (if (i32.ge_u (local.get $code) (i32.const 0x800))
      (then
        (i32.store8 offset=0 (local.get $at) (i32.or (i32.const 0xe0) (i32.shr_u (local.get $code) (i32.const 12))))
        (i32.store8 offset=1 (local.get $at) (call $continuation (local.get $code) (i32.const 6)))
        (i32.store8 offset=2 (local.get $at) (call $continuation (local.get $code) (i32.const 0)))
        (return (i32.add (local.get $at) (i32.const 3)))))
    (if (i32.ge_u (local.get $code) (i32.const 0x80))
      (then
        (i32.store8 offset=0 (local.get $at) (i32.or (i32.const 0xc0) (i32.shr_u (local.get $code) (i32.const 6))))
        (i32.store8 offset=1 (local.get $at) (call $continuation (local.get $code) (i32.const 0)))
        (return (i32.add (local.get $at) (i32.const 2)))))
    (if (i32.or (i32.eq (local.get $code) (i32.const 0x22)) (i32.eq (local.get $code) (i32.const 0x5c)))
      (then (return (call $backslash (local.get $code) (local.get $at)))))
    (if (i32.lt_u (local.get $code) (i32.const 0x20)) (then (return (call $control (local.get $code) (local.get $at)))))
    (i32.store8 (local.get $at) (local.get $code))
    (i32.add (local.get $at) (i32.const 1)))

  (func $backslash (param $code i32) (param $at i32) (result i32)
    (i32.store8 offset=0 (local.get $at) (i32.const 0x5c))
    (i32.store8 offset=1 (local.get $at) (local.get $code))
    (i32.add (local.get $at) (i32.const 2)))

  (func $control (param $code i32) (param $at i32) (result i32)
    (if (i32.eq (local.get $code) (i32.const 8)) (then (return (call $backslash (i32.const 0x62) (local.get $at)))))
    (if (i32.eq (local.get $code) (i32.const 9)) (then (return (call $backslash (i32.const 0x74) (local.get $at)))))
    (if (i32.eq (local.get $code) (i32.const 10)) (then (return (call $backslash (i32.const 0x6e) (local.get $at)))))
    (if (i32.eq (local.get $code) (i32.const 12)) (then (return (call $backslash (i32.const 0x66) (local.get $at)))))
    (if (i32.eq (local.get $code) (i32.const 13)) (then (return (call $backslash (i32.const 0x72) (local.get $at)))))
    (call $escape (local.get $code) (local.get $at)))

  (func $digit (param $code i32) (param $shift i32) (result i32)
    (local $digit i32)
    (local.set $digit (i32.and (i32.shr_u (local.get $code) (local.get $shift)) (i32.const 15)))
    (i32.add (local.get $digit)
      (if (result i32) (i32.lt_u (local.get $digit) (i32.const 10)) (then (i32.const 0x30)) (else (i32.const 0x57)))))

  (func $escape (param $code i32) (param $at i32) (result i32)
    (i32.store16 offset=0 (local.get $at) (i32.const 0x755c)) ;; "\u"
    (i32.store8 offset=2 (local.get $at) (call $digit (local.get $code) (i32.const 12)))
    (i32.store8 offset=3 (local.get $at) (call $digit (local.get $code) (i32.const 8)))
    (i32.store8 offset=4 (local.get $at) (call $digit (local.get $code) (i32.const 4)))
    (i32.store8 offset=5 (local.get $at) (call $digit (local.get $code) (i32.const 0)))
    (i32.add (local.get $at) (i32.const 6))))
