/* replay.h - run a fuzz target over the files of a folder. */
#ifndef REPLAY_H
#define REPLAY_H
#include "fuzz.h"
#include <dirent.h>

typedef int fuzz_target(const uint8_t *data, size_t size);

/* The bytes of one file through the target; 0 if it cannot be read. */
static inline int replay_file(fuzz_target *target, const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(1 << 20);
    if (file == NULL || bytes == NULL) {
        free(bytes);
        return 0;
    }
    size_t size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    target(bytes, size);
    free(bytes);
    return 1;
}

/* All files of a folder; returns how many. */
static inline int replay_folder(fuzz_target *target, const char *folder)
{
    char path[1024];
    int count = 0;
    DIR *directory = opendir(folder);
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            count += replay_file(target, path);
        }
    }
    if (directory != NULL) {
        closedir(directory);
    }
    return count;
}

#endif
