;; memory.copy and memory.fill in pieces, each paid for by a loop that takes as long. By itself a long copy costs fiftyfold
;; less fuel than other code that runs as long, and cannot be interrupted.
(module
  (func $pay
    (local $left i32)
    (local.set $left (i32.const 4096))
    (loop $next
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br_if $next (local.get $left))))

  (func $charged_fill (param $to i32) (param $byte i32) (param $length i32)
    (loop $next
      (if (i32.gt_u (local.get $length) (i32.const 16384))
        (then
          (memory.fill (local.get $to) (local.get $byte) (i32.const 16384))
          (call $pay)
          (local.set $to (i32.add (local.get $to) (i32.const 16384)))
          (local.set $length (i32.sub (local.get $length) (i32.const 16384)))
          (br $next))))
    (memory.fill (local.get $to) (local.get $byte) (local.get $length)))

  ;; From the end where the target begins inside of the source, as memory.copy itself does.
  (func $charged_copy (param $to i32) (param $from i32) (param $length i32)
    (local $backwards i32) (local $piece i32)
    (local.set $backwards
      (i32.lt_u (i32.sub (local.get $to) (local.get $from)) (local.get $length)))
    (loop $next
      (if (i32.gt_u (local.get $length) (i32.const 16384))
        (then
          (local.set $length (i32.sub (local.get $length) (i32.const 16384)))
          (local.set $piece (select (local.get $length) (i32.const 0) (local.get $backwards)))
          (memory.copy
            (i32.add (local.get $to) (local.get $piece))
            (i32.add (local.get $from) (local.get $piece))
            (i32.const 16384))
          (call $pay)
          (if (i32.eqz (local.get $backwards))
            (then
              (local.set $to (i32.add (local.get $to) (i32.const 16384)))
              (local.set $from (i32.add (local.get $from) (i32.const 16384)))))
          (br $next))))
    (memory.copy (local.get $to) (local.get $from) (local.get $length)))
)
