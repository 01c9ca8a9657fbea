#include <csignal>
#include <exception>
#include <filesystem>
#include <new>
#include <string>

#include "sim/app/commands.hpp"
#include "sim/app/output.hpp"
#include "sim/config/error.hpp"
#include "sim/host/child.hpp"
#include "sim/host/data_folder.hpp"
#include "sim/host/driver.hpp"

int main(int argc, char** argv) {
    using namespace interlock;
    // A reader who left is then an error of the write, and told as one.
    std::signal(SIGPIPE, SIG_IGN);
    try {
        return app::obey(argc > 1 ? app::Arguments(argv + 1, argv + argc) : app::Arguments{});
    } catch (const app::UsageError& error) {
        app::talk(std::string("interlock: ") + error.what() + '\n');
        return 2;
    } catch (const app::OutputError& error) {
        app::talk(std::string("interlock: ") + error.what() + '\n');
        return 2;
    } catch (const config::Error& error) {
        app::talk(std::string(error.what()) + '\n');
        return 2;
    } catch (const host::Interrupted& error) {
        app::talk(std::string("interlock: ") + error.what() + '\n');
        return 1;
    } catch (const host::DriverFailed& error) {
        app::talk(std::string("interlock: ") + error.what() + '\n');
        return 2;
    } catch (const host::CannotWrite& error) {
        app::talk(std::string("interlock: ") + error.what() + '\n');
        return 2;
    } catch (const std::filesystem::filesystem_error& error) {
        app::talk(std::string("interlock: ") + error.what() + '\n');
        return 2;
    } catch (const std::bad_alloc&) {
        app::talk("interlock: this scenario needs more memory than there is\n");
        return 2;
    } catch (const std::exception& error) {  // kernel::BrokenInvariant, and what nobody foresaw
        app::talk(std::string("bug: ") + error.what() +
                  "; please send the scenario and this line\n");
        return 3;
    }
}
