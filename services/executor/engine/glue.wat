;; The engine's own entry points, so that one event costs one call into the module and none out of it.
;;
;; CELLS, BUFFER and OUTPUT are addresses that build.mjs fills in. The cells, all little-endian:
;;   0 i64 clock, nanoseconds since 1970, written by the host before each entry
;;   8 i32 how often the clock was read        12 i32 how often random bytes were drawn
;;  16 i64 state of the random bytes, written by the host
;;  24 i32 length of the last output in bytes  28 i32 what it is: 0 a report, 1 an exception, 2 nothing to report
;;  32 i32 length of what the handler returned, at OUTPUT, if it was written there
;;  36 i32 last output, to be freed            40 i32 handle of `undefined`
;;  44 i32 handles of the prelude: define      48 i32 enter   52 i32 leave   56 i32 rejected
;;  60 i32[3] handles of arguments             72 i64[2] arguments as values
(module
  (import "quickjs" "memory" (memory 1))
  (import "quickjs" "_initialize" (func $initialize))
  (import "quickjs" "wasm_malloc" (func $malloc (param i32) (result i32)))
  (import "quickjs" "wasm_free" (func $free (param i32)))
  (import "quickjs" "strlen" (func $strlen (param i32) (result i32)))
  (import "quickjs" "qjs_init" (func $init (result i32)))
  (import "quickjs" "qjs_get_context_ptr" (func $context (result i32)))
  (import "quickjs" "qjs_get_runtime_ptr" (func $runtime (result i32)))
  (import "quickjs" "qjs_set_max_stack_size" (func $set_max_stack_size (param i32)))
  (import "quickjs" "qjs_set_promise_rejection_handler" (func $track_rejections (param i32)))
  (import "quickjs" "qjs_new_string" (func $new_string (param i32 i32) (result i32)))
  (import "quickjs" "qjs_get_string" (func $get_string (param i32) (result i32)))
  (import "quickjs" "qjs_free_cstring" (func $free_cstring (param i32)))
  (import "quickjs" "qjs_free_value" (func $free_value (param i32)))
  (import "quickjs" "qjs_dup_value" (func $dup_value (param i32) (result i32)))
  (import "quickjs" "qjs_get_undefined" (func $undefined (result i32)))
  (import "quickjs" "qjs_get_true" (func $true (result i32)))
  (import "quickjs" "qjs_get_false" (func $false (result i32)))
  (import "quickjs" "qjs_call" (func $call (param i32 i32 i32 i32) (result i32)))
  (import "quickjs" "qjs_is_exception" (func $is_exception (param i32) (result i32)))
  (import "quickjs" "qjs_get_exception" (func $get_exception (result i32)))
  (import "quickjs" "qjs_execute_pending_job" (func $execute_pending_job (result i32)))
  (import "quickjs" "qjs_is_job_pending" (func $is_job_pending (result i32)))
  ;; QuickJS's own functions, without handles: a value is an i64, its tag the upper half.
  (import "quickjs" "JS_ParseJSON" (func $parse_json (param i32 i32 i32 i32) (result i64)))
  (import "quickjs" "JS_NewStringLen" (func $new_string_value (param i32 i32 i32) (result i64)))
  (import "quickjs" "JS_Call" (func $call_value (param i32 i64 i64 i32 i32) (result i64)))
  (import "quickjs" "JS_GetException" (func $exception_value (param i32) (result i64)))
  (import "quickjs" "JS_ToCStringLen2" (func $text_of_value (param i32 i32 i64 i32) (result i32)))
  (import "quickjs" "JS_FreeValue" (func $free_js_value (param i32 i64)))
  (import "json" "json_bind" (func $bind_json (param i64 i64)))
  (import "json" "json_write" (func $write_json (param i64) (result i32)))
  (import "url" "relocate_url" (func $relocate_url))
  (import "url" "qjs_ext_url_init" (func $init_url (param i32 i32) (result i32)))
  (import "encoding" "relocate_encoding" (func $relocate_encoding))
  (import "encoding" "qjs_ext_encoding_init" (func $init_encoding (param i32 i32) (result i32)))
  (import "headers" "relocate_headers" (func $relocate_headers))
  (import "headers" "qjs_ext_headers_init" (func $init_headers (param i32 i32) (result i32)))
  (import "structured-clone" "relocate_structured-clone" (func $relocate_clone))
  (import "structured-clone" "qjs_ext_structured_clone_init" (func $init_clone (param i32 i32) (result i32)))

  ;; The one synchronous call to the host: request text in, length of the answer out. The answer is in the buffer if it
  ;; fits; otherwise the guest makes room and asks again with no request.
  (import "penstock" "host" (func $host (param $text i32) (param $length i32) (param $into i32) (param $room i32) (result i32)))

  (global (export "penstock_cells") i32 (i32.const CELLS))
  (global (export "penstock_buffer") i32 (i32.const BUFFER))
  (global (export "penstock_buffer_bytes") i32 (i32.const BUFFER_BYTES))
  (global (export "penstock_output") i32 (i32.const OUTPUT))

  ;; Makes the runtime and the native modules. Gives 0 if all went well.
  (func (export "penstock_boot") (result i32)
    (local $failed i32)
    (call $initialize)
    (call $relocate_url) (call $relocate_encoding) (call $relocate_headers) (call $relocate_clone)
    (local.set $failed (call $init))
    (call $set_max_stack_size (i32.const STACK_BYTES))
    (call $track_rejections (i32.const 1))
    (local.set $failed (i32.or (local.get $failed) (call $init_url (call $context) (call $runtime))))
    (local.set $failed (i32.or (local.get $failed) (call $init_encoding (call $context) (call $runtime))))
    (local.set $failed (i32.or (local.get $failed) (call $init_headers (call $context) (call $runtime))))
    (local.set $failed (i32.or (local.get $failed) (call $init_clone (call $context) (call $runtime))))
    (i32.store offset=40 (i32.const CELLS) (call $undefined))
    (local.get $failed))

  ;; Keeps the prelude's functions, and what plain objects have; the handles are the module's from now on.
  (func (export "penstock_bind")
    (param $define i32) (param $enter i32) (param $leave i32) (param $rejected i32) (param $object i32) (param $array i32)
    (i32.store offset=44 (i32.const CELLS) (local.get $define))
    (i32.store offset=48 (i32.const CELLS) (local.get $enter))
    (i32.store offset=52 (i32.const CELLS) (local.get $leave))
    (i32.store offset=56 (i32.const CELLS) (local.get $rejected))
    (call $bind_json (i64.load (local.get $object)) (i64.load (local.get $array))))

  (func $invoke (param $function i32) (param $count i32) (result i32)
    (call $call (local.get $function) (i32.load offset=40 (i32.const CELLS)) (local.get $count) (i32.const ARGUMENTS)))

  (func $argument (param $index i32) (param $handle i32)
    (i32.store (i32.add (i32.const ARGUMENTS) (i32.shl (local.get $index) (i32.const 2))) (local.get $handle)))

  ;; Hands the author's compiled program to the prelude, with its file name and the columns that our wrapper takes.
  ;; Gives the handle of the result.
  (func (export "penstock_define") (param $program i32) (param $file i32) (param $columns i32) (result i32)
    (call $argument (i32.const 0) (local.get $program))
    (call $argument (i32.const 1) (local.get $file))
    (call $argument (i32.const 2) (local.get $columns))
    (call $invoke (i32.load offset=44 (i32.const CELLS)) (i32.const 3)))

  (func $run_jobs
    (loop $next
      (if (call $is_job_pending)
        (then
          (if (i32.lt_s (call $execute_pending_job) (i32.const 0))
            (then (call $free_value (call $get_exception))))
          (br $next)))))

  (func $release_output
    (if (i32.load offset=36 (i32.const CELLS))
      (then
        (call $free_cstring (i32.load offset=36 (i32.const CELLS)))
        (i32.store offset=36 (i32.const CELLS) (i32.const 0)))))

  (func $has_tag (param $value i64) (param $tag i64) (result i32)
    (i64.eq (i64.shr_u (local.get $value) (i64.const 32)) (local.get $tag)))

  (func $is_exception_value (param $value i64) (result i32)
    (call $has_tag (local.get $value) (i64.const 6)))

  (func $invoke_value (param $function i32) (param $count i32) (result i64)
    (call $call_value (call $context) (i64.load (local.get $function)) (i64.const 0x300000000) (local.get $count)
      (i32.const VALUES)))

  ;; enter(event, control) with both from the input: JSON, a zero byte, and a text.
  (func $enter (param $input i32) (param $length i32) (param $control_length i32) (result i64)
    (local $event i64) (local $control i64) (local $result i64)
    (local.set $event (call $parse_json (call $context) (local.get $input) (local.get $length) (i32.const NO_NAME)))
    (if (call $is_exception_value (local.get $event)) (then (return (local.get $event))))
    (local.set $control
      (call $new_string_value (call $context)
        (i32.add (i32.add (local.get $input) (local.get $length)) (i32.const 1)) (local.get $control_length)))
    (i64.store offset=0 (i32.const VALUES) (local.get $event))
    (i64.store offset=8 (i32.const VALUES) (local.get $control))
    (local.set $result
      (if (result i64) (call $is_exception_value (local.get $control))
        (then (local.get $control))
        (else (call $invoke_value (i32.load offset=48 (i32.const CELLS)) (i32.const 2)))))
    (call $free_js_value (call $context) (local.get $event))
    (call $free_js_value (call $context) (local.get $control))
    (local.get $result))

  ;; enter, every job that is ready, leave(): gives the address of the output's text, 0 if there is none.
  ;; An input outside the buffer is freed here.
  (func (export "penstock_run") (param $input i32) (param $length i32) (param $control_length i32) (result i32)
    (local $result i64) (local $output i32)
    (call $release_output)
    (i32.store offset=32 (i32.const CELLS) (i32.const 0))
    (local.set $result (call $enter (local.get $input) (local.get $length) (local.get $control_length)))
    (if (i32.ne (local.get $input) (i32.const BUFFER)) (then (call $free (local.get $input))))
    (if (i32.eqz (call $is_exception_value (local.get $result)))
      (then
        (call $free_js_value (call $context) (local.get $result))
        (call $run_jobs)
        (local.set $result (call $invoke_value (i32.load offset=52 (i32.const CELLS)) (i32.const 0)))))
    (if (call $has_tag (local.get $result) (i64.const 3))
      (then
        (i32.store offset=24 (i32.const CELLS) (i32.const 0))
        (i32.store offset=28 (i32.const CELLS) (i32.const 2))
        (return (i32.const OUTPUT))))
    (i32.store offset=28 (i32.const CELLS) (call $is_exception_value (local.get $result)))
    (if (i32.load offset=28 (i32.const CELLS))
      (then (local.set $result (call $exception_value (call $context)))))
    (local.set $output (call $text_of_value (call $context) (i32.const 0) (local.get $result) (i32.const 0)))
    (call $free_js_value (call $context) (local.get $result))
    (i32.store offset=36 (i32.const CELLS) (local.get $output))
    (i32.store offset=24 (i32.const CELLS)
      (if (result i32) (local.get $output) (then (call $strlen (local.get $output))) (else (i32.const 0))))
    ;; What an author's getter has set off while `leave` read it must not wait for another event.
    (call $run_jobs)
    (local.get $output))

  ;; What an image must not keep: the last output, and whatever was left in the buffers.
  (func (export "penstock_clean")
    (call $release_output)
    (memory.fill (i32.const BUFFER) (i32.const 0) (i32.const BUFFER_BYTES))
    (memory.fill (i32.const OUTPUT) (i32.const 0) (i32.const BUFFER_BYTES))
    (memory.fill (i32.const CELLS) (i32.const 0) (i32.const 36))
    (memory.fill (i32.const ARGUMENTS) (i32.const 0) (i32.const 28)))

  ;; --- what the engine imports ---------------------------------------------------------------------------------------
  (func (export "host_call") (param $name i32) (param $name_length i32) (param $this i32) (param $count i32) (param $arguments i32) (result i32)
    (local $text i32) (local $length i32) (local $answer i32) (local $value i32)
    (if (i32.eqz (local.get $count)) (then (return (call $undefined))))
    ;; The longer of the two names: writes JSON here, without the host, and tells whether it could.
    (if (i32.eq (local.get $name_length) (i32.const 16))
      (then
        (i32.store offset=32 (i32.const CELLS) (call $write_json (i64.load (i32.load (local.get $arguments)))))
        (return
          (if (result i32) (i32.load offset=32 (i32.const CELLS)) (then (call $true)) (else (call $false))))))
    (local.set $text (call $get_string (i32.load (local.get $arguments))))
    (if (i32.eqz (local.get $text)) (then (return (i32.const 0))))
    (local.set $length
      (call $host (local.get $text) (call $strlen (local.get $text)) (i32.const BUFFER) (i32.const BUFFER_BYTES)))
    (call $free_cstring (local.get $text))
    (if (i32.le_u (local.get $length) (i32.const BUFFER_BYTES))
      (then (return (call $new_string (i32.const BUFFER) (local.get $length)))))
    (local.set $answer (call $malloc (local.get $length)))
    (if (i32.eqz (local.get $answer)) (then (return (call $undefined))))
    (local.set $length (call $host (i32.const 0) (i32.const 0) (local.get $answer) (local.get $length)))
    (local.set $value (call $new_string (local.get $answer) (local.get $length)))
    (call $free (local.get $answer))
    (local.get $value))

  (func (export "host_promise_rejection") (param $promise i32) (param $reason i32) (param $handled i32)
    (local $flag i32) (local $result i32)
    (if (i32.load offset=56 (i32.const CELLS))
      (then
        (local.set $flag (if (result i32) (local.get $handled) (then (call $true)) (else (call $false))))
        (call $argument (i32.const 0) (local.get $promise))
        (call $argument (i32.const 1) (local.get $reason))
        (call $argument (i32.const 2) (local.get $flag))
        (local.set $result (call $invoke (i32.load offset=56 (i32.const CELLS)) (i32.const 3)))
        (if (call $is_exception (local.get $result)) (then (call $free_value (call $get_exception))))
        (call $free_value (local.get $result))
        (call $free_value (local.get $flag))))
    (call $free_value (local.get $promise))
    (call $free_value (local.get $reason)))

  (func (export "host_interrupt") (result i32) (i32.const 0))
  (func (export "host_get_timezone_offset") (param i32 i32) (result i32) (i32.const 0))
  (func (export "host_module_normalize") (param i32 i32) (result i32) (i32.const 0))
  (func (export "host_module_load") (param i32 i32) (result i32) (i32.const 0))

  (func (export "clock_time_get") (param $id i32) (param $precision i64) (param $into i32) (result i32)
    (i32.store offset=8 (i32.const CELLS) (i32.add (i32.load offset=8 (i32.const CELLS)) (i32.const 1)))
    (i64.store (local.get $into) (i64.load (i32.const CELLS)))
    (i32.const 0))

  ;; splitmix64 from the host's seed.
  (func $draw (result i64)
    (local $z i64)
    (i32.store offset=12 (i32.const CELLS) (i32.add (i32.load offset=12 (i32.const CELLS)) (i32.const 1)))
    (local.set $z (i64.add (i64.load offset=16 (i32.const CELLS)) (i64.const 0x9e3779b97f4a7c15)))
    (i64.store offset=16 (i32.const CELLS) (local.get $z))
    (local.set $z (i64.mul (i64.xor (local.get $z) (i64.shr_u (local.get $z) (i64.const 30))) (i64.const 0xbf58476d1ce4e5b9)))
    (local.set $z (i64.mul (i64.xor (local.get $z) (i64.shr_u (local.get $z) (i64.const 27))) (i64.const 0x94d049bb133111eb)))
    (i64.xor (local.get $z) (i64.shr_u (local.get $z) (i64.const 31))))

  (func (export "random_get") (param $into i32) (param $length i32) (result i32)
    (loop $next
      (if (local.get $length)
        (then
          (i64.store8 (local.get $into) (call $draw))
          (local.set $into (i32.add (local.get $into) (i32.const 1)))
          (local.set $length (i32.sub (local.get $length) (i32.const 1)))
          (br $next))))
    (i32.const 0))

  ;; No files: ENOSYS.
  (func (export "fd_close") (param i32) (result i32) (i32.const 52))
  (func (export "fd_fdstat_get") (param i32 i32) (result i32) (i32.const 52))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 52))
  (func (export "fd_write") (param i32 i32 i32 i32) (result i32) (i32.const 52)))
