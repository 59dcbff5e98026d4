# Runs every benchmark once on toy shapes and checks that each of them ran: cmake -D PROGRAM=... -D OUT=... -P smoke.cmake
#
# Counted by kind, for each packing and each number of threads; the sums are written out here, so that a benchmark
# that is no longer registered is missed.
set(gemv_per_packing 8)       # 4 shapes, dram and cache
set(gemm_per_packing 48)      # 4 shapes, 5 small M from dram and cache, 2 large M
set(pack_per_packing 1)
set(rival_each 28)            # 4 shapes, 5 M in cache and 2 from DRAM

execute_process(COMMAND "${PROGRAM}" --smoke --threads=1,2 --benchmark_out=${OUT} --benchmark_out_format=json
                RESULT_VARIABLE result OUTPUT_QUIET ERROR_VARIABLE error)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "ternion-bench --smoke ended with ${result}: ${error}")
endif()
execute_process(COMMAND "${PROGRAM}" --smoke --threads=1,2 --benchmark_list_tests OUTPUT_VARIABLE listed)
string(REGEX REPLACE "[^\n]" "" lines "${listed}")
string(LENGTH "${lines}" registered)

file(STRINGS "${OUT}" names REGEX "^ *\"name\": ")
file(STRINGS "${OUT}" errors REGEX "error_occurred")
list(LENGTH names ran)
if(errors OR NOT ran EQUAL registered)
  message(FATAL_ERROR "${ran} of ${registered} benchmarks ran; errors: ${errors}")
endif()

function(expect kind expected)
  set(found ${names})
  list(FILTER found INCLUDE REGEX "\"${kind}/")
  list(LENGTH found count)
  if(NOT count EQUAL expected)
    message(FATAL_ERROR "${count} benchmarks ${kind}/ ran, not ${expected}")
  endif()
endfunction()

# The packings that unpack was measured for, once each.
set(packings ${names})
list(FILTER packings INCLUDE REGEX "\"unpack/")
list(LENGTH packings packings)
if(packings LESS 3)
  message(FATAL_ERROR "only ${packings} packings were measured")
endif()
math(EXPR gemv "2 * ${packings} * ${gemv_per_packing}")
math(EXPR gemm "2 * ${packings} * ${gemm_per_packing}")
math(EXPR pack "2 * ${packings} * ${pack_per_packing}")
math(EXPR repack "2 * (2 * ${packings} - 1)")
math(EXPR rival "2 * ${rival_each}")
expect(gemv ${gemv})
expect(gemm ${gemm})
expect(pack ${pack})
expect(repack ${repack})
expect(limit/read 2)
expect(limit/int8_dot 2)
expect(quantize 2)
expect(epilogue 10)
expect(family 38)
expect(listed 96)             # 4 packings, 4 shapes, 3 shares of zeros
foreach(name IN LISTS RIVALS)
  expect(rival/${name} ${rival})
endforeach()
message(STATUS "${ran} benchmarks of ${packings} packings ran")
