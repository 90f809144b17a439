//! The data elements that are looked at, by the names of the DICOM standard (PS3.6).

use std::fmt;

/// A data element's tag and name.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    /// Group and element number.
    pub number: (u16, u16),
    /// Keyword of the data dictionary.
    pub keyword: &'static str,
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (group, element) = self.number;
        write!(f, "{} ({group:04X},{element:04X})", self.keyword)
    }
}

macro_rules! tags {
    ($($constant:ident = ($group:literal, $element:literal) $keyword:literal;)*) => {
        $(pub(super) const $constant: Tag = Tag { number: ($group, $element), keyword: $keyword };)*
    };
}

tags! {
    FILE_META_INFORMATION_GROUP_LENGTH = (0x0002, 0x0000) "FileMetaInformationGroupLength";
    FILE_META_INFORMATION_VERSION = (0x0002, 0x0001) "FileMetaInformationVersion";
    MEDIA_STORAGE_SOP_CLASS_UID = (0x0002, 0x0002) "MediaStorageSOPClassUID";
    MEDIA_STORAGE_SOP_INSTANCE_UID = (0x0002, 0x0003) "MediaStorageSOPInstanceUID";
    TRANSFER_SYNTAX_UID = (0x0002, 0x0010) "TransferSyntaxUID";
    IMPLEMENTATION_CLASS_UID = (0x0002, 0x0012) "ImplementationClassUID";
    IMAGE_TYPE = (0x0008, 0x0008) "ImageType";
    SOP_CLASS_UID = (0x0008, 0x0016) "SOPClassUID";
    SOP_INSTANCE_UID = (0x0008, 0x0018) "SOPInstanceUID";
    STUDY_DATE = (0x0008, 0x0020) "StudyDate";
    STUDY_TIME = (0x0008, 0x0030) "StudyTime";
    ACCESSION_NUMBER = (0x0008, 0x0050) "AccessionNumber";
    MODALITY = (0x0008, 0x0060) "Modality";
    MANUFACTURER = (0x0008, 0x0070) "Manufacturer";
    REFERRING_PHYSICIAN_NAME = (0x0008, 0x0090) "ReferringPhysicianName";
    SERIES_DESCRIPTION = (0x0008, 0x103E) "SeriesDescription";
    PATIENT_NAME = (0x0010, 0x0010) "PatientName";
    PATIENT_ID = (0x0010, 0x0020) "PatientID";
    PATIENT_BIRTH_DATE = (0x0010, 0x0030) "PatientBirthDate";
    PATIENT_SEX = (0x0010, 0x0040) "PatientSex";
    SLICE_THICKNESS = (0x0018, 0x0050) "SliceThickness";
    KVP = (0x0018, 0x0060) "KVP";
    PATIENT_POSITION = (0x0018, 0x5100) "PatientPosition";
    STUDY_INSTANCE_UID = (0x0020, 0x000D) "StudyInstanceUID";
    SERIES_INSTANCE_UID = (0x0020, 0x000E) "SeriesInstanceUID";
    STUDY_ID = (0x0020, 0x0010) "StudyID";
    SERIES_NUMBER = (0x0020, 0x0011) "SeriesNumber";
    ACQUISITION_NUMBER = (0x0020, 0x0012) "AcquisitionNumber";
    INSTANCE_NUMBER = (0x0020, 0x0013) "InstanceNumber";
    IMAGE_POSITION = (0x0020, 0x0032) "ImagePositionPatient";
    IMAGE_ORIENTATION = (0x0020, 0x0037) "ImageOrientationPatient";
    FRAME_OF_REFERENCE_UID = (0x0020, 0x0052) "FrameOfReferenceUID";
    POSITION_REFERENCE_INDICATOR = (0x0020, 0x1040) "PositionReferenceIndicator";
    PLANE_POSITION_SEQUENCE = (0x0020, 0x9113) "PlanePositionSequence";
    PLANE_ORIENTATION_SEQUENCE = (0x0020, 0x9116) "PlaneOrientationSequence";
    SAMPLES_PER_PIXEL = (0x0028, 0x0002) "SamplesPerPixel";
    PHOTOMETRIC_INTERPRETATION = (0x0028, 0x0004) "PhotometricInterpretation";
    NUMBER_OF_FRAMES = (0x0028, 0x0008) "NumberOfFrames";
    ROWS = (0x0028, 0x0010) "Rows";
    COLUMNS = (0x0028, 0x0011) "Columns";
    PIXEL_SPACING = (0x0028, 0x0030) "PixelSpacing";
    BITS_ALLOCATED = (0x0028, 0x0100) "BitsAllocated";
    BITS_STORED = (0x0028, 0x0101) "BitsStored";
    HIGH_BIT = (0x0028, 0x0102) "HighBit";
    PIXEL_REPRESENTATION = (0x0028, 0x0103) "PixelRepresentation";
    RESCALE_INTERCEPT = (0x0028, 0x1052) "RescaleIntercept";
    RESCALE_SLOPE = (0x0028, 0x1053) "RescaleSlope";
    MODALITY_LUT_SEQUENCE = (0x0028, 0x3000) "ModalityLUTSequence";
    PIXEL_MEASURES_SEQUENCE = (0x0028, 0x9110) "PixelMeasuresSequence";
    SEGMENTATION_TYPE = (0x0062, 0x0001) "SegmentationType";
    SEGMENT_SEQUENCE = (0x0062, 0x0002) "SegmentSequence";
    SEGMENT_NUMBER = (0x0062, 0x0004) "SegmentNumber";
    SEGMENT_LABEL = (0x0062, 0x0005) "SegmentLabel";
    SEGMENT_IDENTIFICATION_SEQUENCE = (0x0062, 0x000A) "SegmentIdentificationSequence";
    REFERENCED_SEGMENT_NUMBER = (0x0062, 0x000B) "ReferencedSegmentNumber";
    STRUCTURE_SET_ROI_SEQUENCE = (0x3006, 0x0020) "StructureSetROISequence";
    ROI_NUMBER = (0x3006, 0x0022) "ROINumber";
    ROI_NAME = (0x3006, 0x0026) "ROIName";
    ROI_CONTOUR_SEQUENCE = (0x3006, 0x0039) "ROIContourSequence";
    CONTOUR_SEQUENCE = (0x3006, 0x0040) "ContourSequence";
    CONTOUR_GEOMETRIC_TYPE = (0x3006, 0x0042) "ContourGeometricType";
    CONTOUR_DATA = (0x3006, 0x0050) "ContourData";
    REFERENCED_ROI_NUMBER = (0x3006, 0x0084) "ReferencedROINumber";
    SHARED_FUNCTIONAL_GROUPS_SEQUENCE = (0x5200, 0x9229) "SharedFunctionalGroupsSequence";
    PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE = (0x5200, 0x9230) "PerFrameFunctionalGroupsSequence";
    PIXEL_DATA = (0x7FE0, 0x0010) "PixelData";
}
