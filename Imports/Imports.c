// The files that the program carries inside itself. `Tests/ImportsTests` fails when this list and
// the folders disagree.
#include "Imports.h"

#define EMBEDDED(symbol) symbol, sizeof symbol - 1

// A zero byte follows each file, so that an empty one is no error either.
static const unsigned char catalogue_2023_06_26[] = {
#embed "Catalogues/defender-antivirus-2023-06-26.json" suffix(,)
    0};
static const unsigned char catalogue_2024_05_17[] = {
#embed "Catalogues/defender-antivirus-2024-05-17.json" suffix(,)
    0};
static const unsigned char catalogue_2024_10_08[] = {
#embed "Catalogues/defender-antivirus-2024-10-08.json" suffix(,)
    0};
static const unsigned char catalogue_2026_07_02[] = {
#embed "Catalogues/defender-antivirus-2026-07-02.json" suffix(,)
    0};

static const sallyport_embedded_file files[] = {
    {"Catalogues/defender-antivirus-2023-06-26.json", EMBEDDED(catalogue_2023_06_26)},
    {"Catalogues/defender-antivirus-2024-05-17.json", EMBEDDED(catalogue_2024_05_17)},
    {"Catalogues/defender-antivirus-2024-10-08.json", EMBEDDED(catalogue_2024_10_08)},
    {"Catalogues/defender-antivirus-2026-07-02.json", EMBEDDED(catalogue_2026_07_02)},
};

size_t sallyport_embedded_file_count(void) { return sizeof files / sizeof files[0]; }

const sallyport_embedded_file *sallyport_embedded_file_at(size_t index) { return &files[index]; }
