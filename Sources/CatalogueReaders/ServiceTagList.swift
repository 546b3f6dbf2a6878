import EndpointCatalogue
import JSONTree

/// Azure's weekly `ServiceTags_*.json`: networks by tag. The tags of Defender are kept; rows by
/// address get no verdict of their own, and are what rules by tag are compared with.
package enum ServiceTagList {
  package static func isServiceTags(_ root: JSONValue) -> Bool {
    root["values"]?.isArray == true && root["changeNumber"] != nil
  }

  /// The two tags that Defender for Endpoint needs together.
  package static let tags: Set<String> = ["MicrosoftDefenderForEndpoint", "OneDsCollector"]

  package static func read(
    _ root: JSONValue, file: String, id: String, version: String, seen: String, sha256: String
  ) throws(CatalogueError) -> Catalogue {
    let strict = StrictObject(file: file)
    var endpoints: [Endpoint] = []
    var services: [CatalogueService] = []
    let values = root["values"].map { Array($0.elements) } ?? []
    for value in values {
      guard let name = value["name"]?.string, tags.contains(name) else { continue }
      services.append(CatalogueService(id: name, names: ["en": name]))
      let prefixes = value["properties"]?["addressPrefixes"].map { Array($0.elements) } ?? []
      for prefix in prefixes {
        guard let text = prefix.string, let entry = ListEntry(text), entry.isAddress,
          let row = entry.endpoint(service: name, ports: [443])
        else { throw strict.refuse(prefix, "not an address prefix") }
        endpoints.append(row)
      }
    }
    guard !endpoints.isEmpty else {
      throw strict.refuse(
        root, "none of the tags \(tags.sorted().joined(separator: ", ")) is in the file")
    }
    let day = String(version.prefix(10))
    return Catalogue(
      id: id, version: version, title: "Azure service tags of Defender for Endpoint",
      published: day, effective: day,
      source: CatalogueSource(
        title: "Azure IP ranges and service tags", url: "", locale: "", sha256: sha256),
      statements: [:], services: services, endpoints: endpoints)
  }
}
