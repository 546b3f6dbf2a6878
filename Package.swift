// swift-tools-version: 6.1
import PackageDescription

// Arrows go one way: sets → model → engine, importers, store and reports → use cases → command.

/// The rooms of the importers, one a vendor or a family with shared code: folders below
/// `Sources/Importers`. None knows another; all depend on `ImportKit` alone.
let importers = [
  "AWS", "Azure", "CheckPoint", "CiscoFMC", "FortiGate", "Junos", "Linux", "Meraki",
  "PacketFilter", "PaloAlto", "WindowsFirewall",
]

let package = Package(
  name: "Sallyport",
  products: [.executable(name: "sallyport", targets: ["sallyport"])],
  dependencies: [
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
  ],
  targets: [
    .target(name: "NetworkSets"),
    .target(name: "PolicyModel", dependencies: ["NetworkSets"]),
    .target(name: "EndpointCatalogue", dependencies: ["NetworkSets"]),
    .systemLibrary(
      name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
    .systemLibrary(name: "CLibCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .target(name: "Digests", dependencies: ["CLibCrypto"]),
    .target(name: "ScalarText"),
    .target(name: "XMLTree", dependencies: ["CLibXML2", "ScalarText"]),
    .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
    .target(name: "JSONTree", dependencies: ["CSimdJSON", "ScalarText"]),
    .target(
      name: "ComplianceEngine", dependencies: ["NetworkSets", "PolicyModel", "EndpointCatalogue"]),
    .systemLibrary(
      name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .target(name: "Archives", dependencies: ["CLibArchive"]),
    .target(
      name: "Evidence",
      dependencies: ["NetworkSets", "EndpointCatalogue", "ImportKit", "JSONTree", "XMLTree"]),
    .target(
      name: "ImportKit",
      dependencies: ["NetworkSets", "PolicyModel", "XMLTree", "JSONTree", "ScalarText", "Digests"]),
    .target(
      name: "Imports", path: "Imports", exclude: ["Catalogues", "Samples", "Scripts"],
      sources: ["Imports.c"], publicHeadersPath: "include"),
    .target(
      name: "CatalogueReaders",
      dependencies: ["EndpointCatalogue", "Imports", "JSONTree", "NetworkSets"]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(
      name: "PolicyCoding", dependencies: ["NetworkSets", "PolicyModel", "JSONTree", "CZlib"]),
    .target(
      name: "NeutralPolicyImporter", dependencies: ["ImportKit", "PolicyCoding"],
      path: "Sources/Importers/NeutralPolicy"),
    .target(
      name: "Importers",
      dependencies: ["ImportKit", "NeutralPolicyImporter"]
        + importers.map { .byName(name: $0 + "Importer") },
      path: "Sources/Importers/Registry"),
    .target(
      name: "Reports",
      dependencies: [
        "NetworkSets", "PolicyModel", "ComplianceEngine", "EndpointCatalogue", "JSONTree",
      ]),
    .systemLibrary(name: "CAllocator"),
    .systemLibrary(name: "CProcess"),
    .target(
      name: "Audit",
      dependencies: [
        "CAllocator", "NetworkSets", "PolicyModel", "PolicyCoding", "EndpointCatalogue",
        "CatalogueReaders", "ComplianceEngine", "Reports", "Inventory", "Archives", "Digests",
        "ImportKit", "JSONTree", "ScalarText",
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(
      name: "Schema", path: "Schema",
      exclude: [
        "sallyport.answers-1.schema.json", "sallyport.audit-1.schema.json",
        "sallyport.catalogue-1.schema.json",
        "sallyport.catalogue-changes-1.schema.json", "sallyport.catalogue-comparison-1.schema.json",
        "sallyport.catalogue-diff-1.schema.json", "sallyport.diff-1.schema.json",
        "sallyport.evidence-1.schema.json", "sallyport.explanation-1.schema.json",
        "sallyport.policy-1.schema.json",
        "sallyport.reading-1.schema.json",
      ],
      resources: [
        .embedInCode("v0001_inventory.sql"), .embedInCode("v0002_views.sql"),
        .embedInCode("recipes.sql"), .embedInCode("views.txt"),
      ]),
    .target(
      name: "Inventory",
      dependencies: [
        "NetworkSets", "JSONTree", "PolicyModel", "PolicyCoding", "EndpointCatalogue",
        "CatalogueReaders", "Digests", "Schema", "CSQLite",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .executableTarget(
      name: "sallyport",
      dependencies: [
        "Audit", "CProcess", "NetworkSets", "JSONTree", "EndpointCatalogue", "CatalogueReaders",
        "ComplianceEngine", "PolicyCoding", "Evidence", "ImportKit", "Importers", "Inventory",
        "Reports", "Schema", .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]),
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    .target(
      name: "FuzzSupport",
      dependencies: [
        "Importers", "ImportKit", "JSONTree", "PolicyModel", "PolicyCoding", "ComplianceEngine",
        "EndpointCatalogue",
      ],
      path: "Tests/Fuzz/Support"),
    // The law of planting, and a program that tries it whole; see CONTRIBUTING.md.
    .target(
      name: "PlantingSupport",
      dependencies: [
        "CatalogueReaders", "ComplianceEngine", "EndpointCatalogue", "ImportKit", "Importers",
        "PolicyModel", "TestSupport",
      ], path: "Tests/Planting/Support"),
    .executableTarget(
      name: "PlantingRun",
      dependencies: [
        "CatalogueReaders", "ImportKit", "Importers", "PlantingSupport", "TestSupport",
      ],
      path: "Tests/Planting/Run"),
    // The worked example of CONTRIBUTING.md.
    .target(name: "ToyFormat", dependencies: ["ImportKit"], path: "Tests/ToyFormat"),
    .testTarget(
      name: "CatalogueTests",
      dependencies: [
        "Audit", "CatalogueReaders", "EndpointCatalogue", "ImportKit", "JSONTree", "TestSupport",
      ]),
    .testTarget(
      name: "ComplianceEngineTests",
      dependencies: [
        "NetworkSets", "PolicyModel", "ComplianceEngine", "EndpointCatalogue", "TestSupport",
      ]),
    .testTarget(
      name: "EvidenceTests",
      dependencies: [
        "Evidence", "CatalogueReaders", "EndpointCatalogue", "JSONTree", "TestSupport",
      ]
    ),
    .testTarget(
      name: "KernelTests",
      dependencies: [
        "NetworkSets", "PolicyModel", "ImportKit", "Importers", "ComplianceEngine",
        "EndpointCatalogue", "TestSupport",
      ]),
    .testTarget(name: "ScalarTextTests", dependencies: ["ScalarText"]),
    .testTarget(name: "NetworkSetsTests", dependencies: ["NetworkSets", "TestSupport"]),
    .testTarget(
      name: "ReportsTests",
      dependencies: ["Audit", "ComplianceEngine", "ImportKit", "Importers", "Reports"]),
    .testTarget(name: "ProgramTests", dependencies: ["TestSupport"]),
    // Programs that measure; run them with `-c release`. They are no tests.
    .executableTarget(
      name: "InventoryBenchmark",
      dependencies: [
        "Audit", "NetworkSets", "PolicyModel", "ComplianceEngine", "EndpointCatalogue",
        "CatalogueReaders", "ImportKit", "Inventory", "Importers", "Schema", "TestSupport",
      ],
      path: "Tests/Performance/Inventory"),
    .testTarget(
      name: "ImportersTests",
      dependencies: [
        "Importers", "Archives", "PolicyCoding", "EndpointCatalogue", "CatalogueReaders",
        "ComplianceEngine",
        "Audit", "FuzzSupport", "ImportKit", "PlantingSupport", "TestSupport", "ToyFormat",
      ] + importers.map { .byName(name: $0 + "Importer") }),
    .testTarget(
      name: "InventoryTests",
      dependencies: [
        "Audit", "NetworkSets", "JSONTree", "PolicyModel", "ComplianceEngine", "EndpointCatalogue",
        "CatalogueReaders",
        "Digests", "ImportKit", "Inventory", "Importers", "Reports", "Schema", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c2x,
  cxxLanguageStandard: .cxx17
)

package.targets += importers.map {
  .target(
    name: $0 + "Importer", dependencies: ["ImportKit"], path: "Sources/Importers/" + $0)
}

// Fuzz targets have no `main` and need libFuzzer, so that an ordinary build leaves them out; see
// Tests/Fuzz/run.
if Context.environment["SALLYPORT_FUZZ"] != nil {
  for family in ["XML", "JSON", "Text"] {
    package.targets.append(
      .executableTarget(
        name: "Fuzz\(family)", dependencies: ["FuzzSupport"], path: "Tests/Fuzz/\(family)",
        swiftSettings: [.unsafeFlags(["-parse-as-library"])]))
  }
}

// Measuring programs; see Tests/Performance/engine.
if Context.environment["SALLYPORT_BENCHMARKS"] != nil {
  package.targets.append(
    .executableTarget(
      name: "EngineBenchmark",
      dependencies: ["ComplianceEngine", "CatalogueReaders", "EndpointCatalogue"],
      path: "Tests/Performance/EngineBenchmark"))
}
