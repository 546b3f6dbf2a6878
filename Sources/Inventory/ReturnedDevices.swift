import GRDB

/// A device that was taken out of the way of its site and exported again afterwards.
package struct ReturnedDevice: Hashable, Sendable {
  package let name: String
  package let retiredAt: String
  /// The last export after that.
  package let seenAt: String

  /// One line for people.
  package func text(site: String) -> String {
    "device `\(name)` is retired since \(retiredAt) and was exported again, last \(seenAt): it is "
      + "left out of the way; `sallyport site device \(site) \(name) --bring-back` takes it back"
  }
}

extension InventoryDatabase {
  /// The retired devices of a site of which there is a later export, both not after a moment.
  package func returnedDevices(of site: String, at moment: String) throws -> [ReturnedDevice] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT d.name, d.retired_at, max(g.taken_at) AS seen_at FROM device d
          JOIN site s ON s.id = d.site_id JOIN sighting g ON g.device_id = d.id
          WHERE s.name = ?1 AND d.retired_at <= ?2 AND g.taken_at > d.retired_at
            AND g.taken_at <= ?2
          GROUP BY d.id ORDER BY d.hop, d.name
          """, arguments: [site, moment]
      ).map {
        ReturnedDevice(name: $0["name"], retiredAt: $0["retired_at"], seenAt: $0["seen_at"])
      }
    }
  }
}
