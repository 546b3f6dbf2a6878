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
static const unsigned char demo_branch_gw_branch_2026_08_03_json[] = {
#embed "Samples/demo/branch/gw-branch/2026-08-03.json" suffix(,)
    0};
static const unsigned char demo_branch_gw_branch_2026_09_07_json[] = {
#embed "Samples/demo/branch/gw-branch/2026-09-07.json" suffix(,)
    0};
static const unsigned char demo_hub_fw_hub_2026_08_03_json[] = {
#embed "Samples/demo/hub/fw-hub/2026-08-03.json" suffix(,)
    0};
static const unsigned char demo_hub_fw_hub_2026_09_07_json[] = {
#embed "Samples/demo/hub/fw-hub/2026-09-07.json" suffix(,)
    0};
static const unsigned char demo_lyon_fw_lyon_2026_08_03_xml[] = {
#embed "Samples/demo/lyon/fw-lyon/2026-08-03.xml" suffix(,)
    0};
static const unsigned char demo_lyon_fw_lyon_2026_09_07_xml[] = {
#embed "Samples/demo/lyon/fw-lyon/2026-09-07.xml" suffix(,)
    0};
static const unsigned char demo_paris_fw_paris_2026_08_03_xml[] = {
#embed "Samples/demo/paris/fw-paris/2026-08-03.xml" suffix(,)
    0};
static const unsigned char demo_paris_fw_paris_2026_09_07_xml[] = {
#embed "Samples/demo/paris/fw-paris/2026-09-07.xml" suffix(,)
    0};
static const unsigned char demo_sites_csv[] = {
#embed "Samples/demo/sites.csv" suffix(,)
    0};

static const sallyport_embedded_file files[] = {
    {"Catalogues/defender-antivirus-2023-06-26.json", EMBEDDED(catalogue_2023_06_26)},
    {"Catalogues/defender-antivirus-2024-05-17.json", EMBEDDED(catalogue_2024_05_17)},
    {"Catalogues/defender-antivirus-2024-10-08.json", EMBEDDED(catalogue_2024_10_08)},
    {"Catalogues/defender-antivirus-2026-07-02.json", EMBEDDED(catalogue_2026_07_02)},
    {"Samples/demo/branch/gw-branch/2026-08-03.json", EMBEDDED(demo_branch_gw_branch_2026_08_03_json)},
    {"Samples/demo/branch/gw-branch/2026-09-07.json", EMBEDDED(demo_branch_gw_branch_2026_09_07_json)},
    {"Samples/demo/hub/fw-hub/2026-08-03.json", EMBEDDED(demo_hub_fw_hub_2026_08_03_json)},
    {"Samples/demo/hub/fw-hub/2026-09-07.json", EMBEDDED(demo_hub_fw_hub_2026_09_07_json)},
    {"Samples/demo/lyon/fw-lyon/2026-08-03.xml", EMBEDDED(demo_lyon_fw_lyon_2026_08_03_xml)},
    {"Samples/demo/lyon/fw-lyon/2026-09-07.xml", EMBEDDED(demo_lyon_fw_lyon_2026_09_07_xml)},
    {"Samples/demo/paris/fw-paris/2026-08-03.xml", EMBEDDED(demo_paris_fw_paris_2026_08_03_xml)},
    {"Samples/demo/paris/fw-paris/2026-09-07.xml", EMBEDDED(demo_paris_fw_paris_2026_09_07_xml)},
    {"Samples/demo/sites.csv", EMBEDDED(demo_sites_csv)},
};

size_t sallyport_embedded_file_count(void) { return sizeof files / sizeof files[0]; }

const sallyport_embedded_file *sallyport_embedded_file_at(size_t index) { return &files[index]; }
