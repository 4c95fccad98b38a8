/* driver.c - main for a fuzz target without libFuzzer: runs it over the files and folders named on the command line. */
#include "replay.h"

int main(int count, char **arguments)
{
    int total = 0;
    for (int i = 1; i < count; i++) {
        int files = replay_folder(LLVMFuzzerTestOneInput, arguments[i]);
        total += files > 0 ? files : replay_file(LLVMFuzzerTestOneInput, arguments[i]);
    }
    printf("%d inputs\n", total);
    return total == 0;
}
