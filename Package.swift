// swift-tools-version: 6.1
import PackageDescription

// Arrows go one way: sets → model → engine, importers, store and reports → use cases → command.
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
    .target(name: "XMLTree", dependencies: ["CLibXML2"]),
    .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
    .target(name: "JSONTree", dependencies: ["CSimdJSON"]),
    .target(
      name: "ComplianceEngine", dependencies: ["NetworkSets", "PolicyModel", "EndpointCatalogue"]),
    .systemLibrary(
      name: "CLibArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),
    .target(name: "Archives", dependencies: ["CLibArchive"]),
    .target(
      name: "ImportKit",
      dependencies: ["PolicyModel", "XMLTree", "JSONTree", "CLibCrypto", "CZlib"]),
    .target(
      name: "Imports", path: "Imports", exclude: ["Catalogues", "Samples", "Scripts"],
      sources: ["Imports.c"], publicHeadersPath: "include"),
    .target(
      name: "CatalogueReaders", dependencies: ["EndpointCatalogue", "Imports", "JSONTree"]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "PolicyCoding", dependencies: ["PolicyModel", "JSONTree", "CZlib"]),
    .target(name: "Importers", dependencies: ["ImportKit"]),
    .target(
      name: "Reports", dependencies: ["ComplianceEngine", "EndpointCatalogue", "JSONTree"]),
    .systemLibrary(name: "CAllocator"),
    .target(
      name: "Audit",
      dependencies: [
        "CAllocator", "Importers", "CatalogueReaders", "ComplianceEngine", "Reports", "Inventory", "Archives",
        "Schema",
      ]),
    .target(
      name: "Schema", path: "Schema", exclude: [],
      resources: [
        .embedInCode("v0001_inventory.sql"), .embedInCode("v0002_views.sql"),
        .embedInCode("recipes.sql"), .embedInCode("views.txt"),
      ]),
    .target(
      name: "Inventory",
      dependencies: [
        "PolicyCoding", "EndpointCatalogue", "ComplianceEngine", "CatalogueReaders", "ImportKit",
        "Schema", "CSQLite", .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .executableTarget(
      name: "sallyport",
      dependencies: [
        "Audit", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(name: "TestSupport", path: "Tests/TestSupport"),
    // Programs that measure; run them with `-c release`. They are no tests.
    .executableTarget(
      name: "InventoryBenchmark",
      dependencies: [
        "Audit", "ComplianceEngine", "EndpointCatalogue", "Inventory", "Importers", "Schema",
        "TestSupport",
      ],
      path: "Tests/Performance/Inventory"),
    .testTarget(
      name: "ImportersTests",
      dependencies: [
        "Importers", "PolicyCoding", "CatalogueReaders", "ComplianceEngine", "TestSupport",
      ]),
    .testTarget(
      name: "InventoryTests", dependencies: ["Audit", "Inventory", "Importers", "Schema", "TestSupport"]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c2x,
  cxxLanguageStandard: .cxx17
)
