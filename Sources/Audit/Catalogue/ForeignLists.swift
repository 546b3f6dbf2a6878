import CatalogueReaders
import Digests
import EndpointCatalogue
import ImportKit
import JSONTree

/// Lists in forms of other publishers, told by content: Microsoft 365 endpoints with their version,
/// Azure service tags, and CSV.
enum ForeignLists {
  /// - Returns: the lists, and the files that are none of these.
  static func read(
    _ files: [ExportFile], id: String?, version: String?, seen: String
  ) throws(CatalogueError) -> (catalogues: [Catalogue], rest: [ExportFile]) {
    var catalogues: [Catalogue] = []
    var rest: [ExportFile] = []
    var given: (version: String, instance: String)?
    var endpoints: [(file: ExportFile, root: JSONValue)] = []
    for file in files {
      if CatalogueImport.isJSON(file.bytes), let root = try? JSONTree(file.bytes).root {
        if let found = Microsoft365List.version(root) {
          given = found
          continue
        }
        if Microsoft365List.isEndpoints(root) {
          endpoints.append((file, root))
          continue
        }
        if ServiceTagList.isServiceTags(root) {
          catalogues.append(
            try ServiceTagList.read(
              root, file: file.name, id: id ?? "azure-service-tags",
              version: try needed(version, file, "give the day of the file with --version"),
              seen: seen, sha256: SHA256.hex(file.bytes)))
          continue
        }
      } else if CSVList.isList(file) {
        catalogues.append(
          try CSVList.read(
            file, id: try needed(id, file, "name the list with --id"),
            version: try needed(version, file, "give the day of the file with --version"),
            seen: seen))
        continue
      }
      rest.append(file)
    }
    for (file, root) in endpoints {
      let instance = given.map { $0.instance.lowercased() } ?? "worldwide"
      catalogues.append(
        try Microsoft365List.read(
          root, file: file.name, id: id ?? "microsoft-365-\(instance)",
          version: try needed(
            version ?? given?.version, file,
            "give the answer of the `version` request beside it, or --version"),
          seen: seen, sha256: SHA256.hex(file.bytes)))
    }
    return (catalogues, rest)
  }

  private static func needed(
    _ value: String?, _ file: ExportFile, _ advice: String
  ) throws(CatalogueError) -> String {
    guard let value else {
      throw CatalogueError(
        file: file.name, reason: "the file does not say which edition it is; \(advice)")
    }
    return value
  }
}
