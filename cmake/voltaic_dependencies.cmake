# Every library from Debian 12 that the project uses, found once.
find_package(Threads REQUIRED)
find_package(CapnProto REQUIRED)
find_package(cppzmq REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLiteCpp REQUIRED)
find_package(Catch2 2 REQUIRED)
find_package(benchmark REQUIRED)
find_package(PkgConfig REQUIRED)
# Its own compile flags would be those of every source that is compiled beside it.
pkg_check_modules(NCURSES REQUIRED ncursesw)
pkg_check_modules(MODBUS REQUIRED IMPORTED_TARGET libmodbus)
pkg_check_modules(SODIUM REQUIRED IMPORTED_TARGET libsodium)
pkg_check_modules(GPIOD REQUIRED IMPORTED_TARGET libgpiod)
find_package(CAF REQUIRED)

# toml++ 3.3 is header only; its package carries no CMake target.
find_path(TOMLPLUSPLUS_INCLUDE_DIR toml++/toml.h REQUIRED)
add_library(voltaic_tomlplusplus INTERFACE)
target_include_directories(voltaic_tomlplusplus SYSTEM INTERFACE "${TOMLPLUSPLUS_INCLUDE_DIR}")
