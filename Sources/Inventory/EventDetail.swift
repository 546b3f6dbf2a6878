import EndpointCatalogue
import Digests
import JSONTree

/// What the log says about settings, exceptions and lists.
///
/// Each form holds everything that the table holds, so that `verify` can write it again from the
/// table and see whether the two still agree.
enum EventDetail {
  static func text(_ detail: (inout JSONWriter) -> Void) -> String {
    var writer = JSONWriter()
    writer.object(detail)
    return writer.text
  }

  static func site(_ site: SiteRecord) -> (inout JSONWriter) -> Void {
    { writer in
      writer.member("region", site.region)
      writer.member("note", site.note)
      writer.member("catalogue", site.catalogue)
      writer.member("tags", site.tags.sorted())
      writer.member("clients", each: site.clients.sorted { $0.label < $1.label }) {
        writer, client in
        writer.object { writer in
          writer.member("label", client.label)
          writer.member("from_zone", client.fromZone)
          writer.member("to_zone", client.toZone)
          if let networks = client.networks { writer.member("networks", networks.texts) }
        }
      }
      writer.member("retired_at", site.retiredAt)
    }
  }

  static func device(_ device: DeviceRecord) -> (inout JSONWriter) -> Void {
    { writer in
      writer.member("hop", device.hop)
      writer.member("scope", device.scope)
      writer.member("from_zone", device.fromZone)
      writer.member("to_zone", device.toZone)
      writer.member("retired_at", device.retiredAt)
      writer.member("replaces", device.replaces)
    }
  }

  /// A waiver as it was made; that it was revoked is an entry of its own.
  static func waiver(_ waiver: WaiverRecord) -> (inout JSONWriter) -> Void {
    { writer in
      writer.member("site", waiver.site)
      writer.member("tag", waiver.tag)
      writer.member("service", waiver.service)
      writer.member("endpoint", waiver.endpoint)
      writer.member("port", waiver.port)
      writer.member("reason", waiver.reason)
      writer.member("approver", waiver.approver)
      writer.member("starts", waiver.starts)
      writer.member("ends", waiver.ends)
    }
  }

  static func catalogue(_ catalogue: Catalogue, body: String) -> (inout JSONWriter) -> Void {
    { writer in
      writer.member("sha256", catalogue.source.sha256)
      writer.member("effective", catalogue.effective)
      writer.member("endpoints", catalogue.endpoints.count)
      writer.member("body_sha256", SHA256.hex(Array(body.utf8)))
    }
  }

  static func query(
    _ query: SavedQueryRecord, savedAt moment: String
  ) -> (inout JSONWriter) -> Void {
    { writer in
      writer.member("description", query.description)
      writer.member("sql_sha256", SHA256.hex(Array(query.sql.utf8)))
      writer.member("saved_at", moment)
    }
  }

  static func baseline(_ name: String, at moment: String) -> (inout JSONWriter) -> Void {
    { writer in
      writer.member("name", name)
      writer.member("at", moment)
    }
  }

  static func baselineName(_ detail: String) -> String {
    (try? JSONTree(Array(detail.utf8)))?.root["name"]?.string ?? ""
  }
}
