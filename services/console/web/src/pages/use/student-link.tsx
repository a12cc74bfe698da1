import { useCourse } from '../../app/course.ts'
import { TextLink } from '../../parts/links.tsx'

/** A student, and the way to what they asked in a week. */
export function StudentLink({ id, name, week }: { id: string; name: string; week: number }) {
  const course = useCourse()
  return (
    <TextLink
      to="/courses/$course/conversations"
      params={{ course: course.id }}
      search={{ student: id, week }}
    >
      {name}
    </TextLink>
  )
}
