# The walls of the house, in CMake.
#
# Each room (and each actor folder) has an include root of its own in the build
# tree that holds one link to its folder: a file can include "bus/..." only when
# its target links the bus. A wrong arrow therefore does not compile.

set(CMAKE_CXX_FLAGS_DEV "-O1 -g1")


# What every target of the project is compiled with; warnings are errors.
add_library(voltaic_options INTERFACE)
target_compile_options(voltaic_options INTERFACE
  -Wall -Wextra -Wpedantic
  -Wshadow       # a hidden name is a misread name
  -Wconversion   # a silent narrowing is a wrong measurement
  -Wnon-virtual-dtor -Woverloaded-virtual
  -Wno-missing-field-initializers # what a designated initializer leaves out has its default
  -Werror
  # g++ 12 at -O3 sees overlaps, overflows and unset members inside libstdc++ and fmt that are
  # not there; the other presets keep these warnings.
  $<$<CONFIG:Release>:-Wno-restrict> $<$<CONFIG:Release>:-Wno-stringop-overflow>
  $<$<CONFIG:Release>:-Wno-maybe-uninitialized>
  # No library of ours is loaded in front of another one: a function may be inlined into its
  # neighbours, which position-independent code otherwise forbids.
  $<$<CONFIG:Release>:-fno-semantic-interposition>)
if(VOLTAIC_SANITIZE)
  # What a sanitizer adds lets g++ 12 suspect every std::optional that is moved.
  target_compile_options(voltaic_options INTERFACE
    -fsanitize=${VOLTAIC_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    # clang builds the fuzzer alone; g++'s are the warnings that are looked at.
    $<IF:$<CXX_COMPILER_ID:Clang>,-w,-Wno-maybe-uninitialized>)
  target_link_options(voltaic_options INTERFACE -fsanitize=${VOLTAIC_SANITIZE})
endif()

# voltaic_include_root(TARGET PATH): lets TARGET and its users include "PATH/...".
function(voltaic_include_root target path)
  set(root "${CMAKE_BINARY_DIR}/rooms/${target}")
  cmake_path(GET path PARENT_PATH parent)
  file(MAKE_DIRECTORY "${root}/${parent}")
  file(CREATE_LINK "${CMAKE_SOURCE_DIR}/${path}" "${root}/${path}" SYMBOLIC)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "INTERFACE_LIBRARY")
    target_include_directories(${target} INTERFACE "${root}")
  else()
    target_include_directories(${target} PUBLIC "${root}")
  endif()
endfunction()

# voltaic_library(TARGET ROOT path SOURCES ... LINKS ...): a room or a part of one.
function(voltaic_library target)
  cmake_parse_arguments(arg "" "ROOT" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  if(arg_SOURCES)
    add_library(${target} STATIC ${arg_SOURCES})
    target_link_libraries(${target} PUBLIC ${arg_LINKS} PRIVATE voltaic_options ${arg_PRIVATE_LINKS})
  else()
    add_library(${target} INTERFACE)
    target_link_libraries(${target} INTERFACE ${arg_LINKS})
  endif()
  voltaic_include_root(${target} ${arg_ROOT})
endfunction()
