// The files that the program carries inside itself. `Tests/ImportsTests` fails when this list and
// the folders disagree.
#include "Imports.h"

#define EMBEDDED(symbol) symbol, sizeof symbol - 1

// A zero byte follows each file, so that an empty one is no error either.
static const unsigned char catalogue_2017_08_25[] = {
#embed "Catalogues/defender-antivirus-2017-08-25.json" suffix(,)
    0};
static const unsigned char catalogue_2018_10_08[] = {
#embed "Catalogues/defender-antivirus-2018-10-08.json" suffix(,)
    0};
static const unsigned char catalogue_2018_10_08_b[] = {
#embed "Catalogues/defender-antivirus-2018-10-08-b.json" suffix(,)
    0};
static const unsigned char catalogue_2020_07_08[] = {
#embed "Catalogues/defender-antivirus-2020-07-08.json" suffix(,)
    0};
static const unsigned char catalogue_2020_12_28[] = {
#embed "Catalogues/defender-antivirus-2020-12-28.json" suffix(,)
    0};
static const unsigned char catalogue_2021_05_17[] = {
#embed "Catalogues/defender-antivirus-2021-05-17.json" suffix(,)
    0};
static const unsigned char catalogue_2021_10_18[] = {
#embed "Catalogues/defender-antivirus-2021-10-18.json" suffix(,)
    0};
static const unsigned char catalogue_2022_02_03[] = {
#embed "Catalogues/defender-antivirus-2022-02-03.json" suffix(,)
    0};
static const unsigned char catalogue_2022_06_28[] = {
#embed "Catalogues/defender-antivirus-2022-06-28.json" suffix(,)
    0};
static const unsigned char catalogue_2023_06_26[] = {
#embed "Catalogues/defender-antivirus-2023-06-26.json" suffix(,)
    0};
static const unsigned char catalogue_2023_06_26_b[] = {
#embed "Catalogues/defender-antivirus-2023-06-26-b.json" suffix(,)
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
    {"Catalogues/defender-antivirus-2017-08-25.json", EMBEDDED(catalogue_2017_08_25)},
    {"Catalogues/defender-antivirus-2018-10-08.json", EMBEDDED(catalogue_2018_10_08)},
    {"Catalogues/defender-antivirus-2018-10-08-b.json", EMBEDDED(catalogue_2018_10_08_b)},
    {"Catalogues/defender-antivirus-2020-07-08.json", EMBEDDED(catalogue_2020_07_08)},
    {"Catalogues/defender-antivirus-2020-12-28.json", EMBEDDED(catalogue_2020_12_28)},
    {"Catalogues/defender-antivirus-2021-05-17.json", EMBEDDED(catalogue_2021_05_17)},
    {"Catalogues/defender-antivirus-2021-10-18.json", EMBEDDED(catalogue_2021_10_18)},
    {"Catalogues/defender-antivirus-2022-02-03.json", EMBEDDED(catalogue_2022_02_03)},
    {"Catalogues/defender-antivirus-2022-06-28.json", EMBEDDED(catalogue_2022_06_28)},
    {"Catalogues/defender-antivirus-2023-06-26.json", EMBEDDED(catalogue_2023_06_26)},
    {"Catalogues/defender-antivirus-2023-06-26-b.json", EMBEDDED(catalogue_2023_06_26_b)},
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
